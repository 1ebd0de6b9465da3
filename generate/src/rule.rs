//! Route rules.

use serde_json::{Map, json};

use crate::pattern::Node;
use crate::vocabulary::{phrase, word};
use crate::{Action, Dialect, EmvMatch, Entropy, Pattern, UrlMatch};

/// A valid route rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The id, unique in its config.
    pub id: String,
    /// The match: the code values that the rule accepts.
    pub matching: Match,
    /// The action.
    pub action: Action,
    /// The canary, if the rule does not admit every openId.
    pub canary: Option<Canary>,
}

/// The match of a rule, of one of the five kinds.
#[derive(Clone, Debug)]
pub enum Match {
    /// `exact`.
    Exact(String),
    /// `prefix`.
    Prefix(String),
    /// `regex`.
    Regex(Pattern),
    /// `url`.
    Url(UrlMatch),
    /// `emv`.
    Emv(EmvMatch),
}

/// The canary of a rule.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The percentage in hundredths, if it is not left out.
    pub hundredths: Option<u16>,
    /// The group, if it is not left out; by default it is the rule's id.
    pub group: Option<String>,
    /// OpenIds in plain text, and the digests of `user-1` and `user-2`.
    pub allowlist: Vec<String>,
}

/// The SHA-256 of `user-1`.
const USER_1: &str = "sha256:c6c289e49e9c05b2145860387b73bcb18df43fb09a1e4a4a9713c76c88bb541b";
/// The SHA-256 of `user-2`, in upper case.
const USER_2: &str = "sha256:D92B69CFB82CECAB45C753F56002B2C0E6D01F132FE39F2C878858DC9528E10B";

impl Rule {
    pub(crate) fn new(id: String, matching: Match, entropy: &mut Entropy<'_>) -> Self {
        let action = Action::draw(&matching, entropy);
        let canary = entropy.chance(35).then(|| Canary::draw(entropy));
        Self {
            id,
            matching,
            action,
            canary,
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(self.id));
        object.insert("match".to_owned(), self.matching.json());
        object.insert("action".to_owned(), self.action.json());
        if let Some(canary) = &self.canary {
            object.insert("canary".to_owned(), canary.json());
        }
        object.into()
    }
}

impl Match {
    pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Self {
        match entropy.below(16) {
            0..=2 => Self::Prefix(phrase(entropy)),
            3 => Self::Exact(phrase(entropy)),
            4..=9 => Self::Regex(Pattern::draw(entropy)),
            10 | 11 => {
                let mut pattern = Pattern::draw(entropy);
                pattern.ignore_case = false;
                let begin = Node::Literal("https://a.example/".to_owned());
                pattern.root = Node::Concat(vec![begin, pattern.root]);
                Self::Regex(pattern)
            }
            12 | 13 => Self::Url(UrlMatch::draw(entropy)),
            _ => Self::Emv(EmvMatch::draw(entropy)),
        }
    }

    /// Draws a code that matches, or nearly matches where a pattern has assertions or negated
    /// classes.
    #[must_use]
    pub fn sample(&self, entropy: &mut Entropy<'_>) -> String {
        match self {
            Self::Exact(text) => text.clone(),
            Self::Prefix(text) if entropy.chance(30) => text.clone(),
            Self::Prefix(text) => text.clone() + word(entropy),
            Self::Regex(pattern) => pattern.sample(entropy),
            Self::Url(url) => url.sample(entropy),
            Self::Emv(emv) => emv.sample(entropy),
        }
    }

    /// Returns `true` if every code that matches is certainly a URL on one `https` host.
    pub(crate) fn fixes_https_host(&self) -> bool {
        let begins = |text: &str| {
            ["https://a.example/", "https://b.a.example/"]
                .iter()
                .any(|host| text.starts_with(host))
        };
        match self {
            Self::Exact(text) | Self::Prefix(text) => begins(text),
            Self::Regex(pattern) if pattern.ignore_case => false,
            Self::Regex(pattern) => match &pattern.root {
                Node::Concat(nodes) => {
                    matches!(nodes.first(), Some(Node::Literal(text)) if begins(text))
                }
                _ => false,
            },
            Self::Url(url) => url.is_https(),
            Self::Emv(_) => false,
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Exact(text) => json!({ "exact": text }),
            Self::Prefix(text) => json!({ "prefix": text }),
            Self::Regex(pattern) => {
                json!({ "regex": pattern.text(Dialect::RouteConfig) })
            }
            Self::Url(url) => json!({ "url": url.json() }),
            Self::Emv(emv) => json!({ "emv": emv.json() }),
        }
    }
}

impl Canary {
    fn draw(entropy: &mut Entropy<'_>) -> Self {
        let percentages = [0, 10_000, 5_000, 1, 9_999, 1_250, 3_333, 2_900, 10, 7_500];
        let entries = ["user-1", "user-3", USER_1, USER_2, " user-3", "user-4"];
        Self {
            hundredths: (!entropy.chance(15)).then(|| entropy.one_of(&percentages)),
            group: entropy.chance(40).then(|| word(entropy).to_owned()),
            allowlist: (0..entropy.below(3))
                .map(|_| entropy.one_of(&entries).to_owned())
                .collect(),
        }
    }

    fn json(&self) -> serde_json::Value {
        let mut object = Map::new();
        if let Some(hundredths) = self.hundredths {
            let percentage = match hundredths % 100 {
                0 => json!(hundredths / 100),
                _ => json!(f64::from(hundredths) / 100.0),
            };
            object.insert("percentage".to_owned(), percentage);
        }
        if let Some(group) = &self.group {
            object.insert("group".to_owned(), json!(group));
        }
        if !self.allowlist.is_empty() {
            object.insert("allowlist".to_owned(), json!(self.allowlist));
        }
        object.into()
    }
}
