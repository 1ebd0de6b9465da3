//! Actions and their templates.

use serde_json::{Map, json};

use crate::vocabulary::word;
use crate::{Entropy, Group, Match};

/// The action of a rule.
#[derive(Clone, Debug)]
pub enum Action {
    /// `DECODE`, with the template of `codeValue` if it is not left out.
    Decode(Option<Template>),
    /// `OPEN_URL`.
    OpenUrl {
        /// The template of `redirectUrl` if it is not left out.
        redirect_url: Option<Template>,
        /// `userAgent` if it is not left out.
        user_agent: Option<String>,
    },
    /// `UNSUPPORTED`.
    Unsupported,
}

/// A template: its pieces in order.
#[derive(Clone, Debug)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text, with braces as they are rendered.
    Literal(String),
    /// A placeholder.
    Insert {
        /// The inserted value.
        value: Value,
        /// `true` for a placeholder with `:url`.
        percent_encoded: bool,
    },
}

/// The value that a placeholder inserts.
#[derive(Clone, Debug)]
pub enum Value {
    /// `{code}`.
    Code,
    /// `{1}`.
    Group(usize),
    /// `{name}`.
    Named(String),
}

impl Action {
    /// Draws an action that is valid for `matching`.
    pub(crate) fn draw(matching: &Match, entropy: &mut Entropy<'_>) -> Self {
        match entropy.below(8) {
            0..=3 => Self::Decode(
                entropy
                    .chance(60)
                    .then(|| decode_template(matching, entropy)),
            ),
            7 => Self::Unsupported,
            _ => {
                let host = matching.fixes_https_host();
                let redirect_url = if host && entropy.chance(60) {
                    let text_may_follow = match matching {
                        Match::Url(url) => url.path.is_some(),
                        _ => true,
                    };
                    entropy.chance(50).then(|| {
                        let mut pieces = vec![insert(Value::Code)];
                        if text_may_follow {
                            rest_of_url(matching, entropy, &mut pieces);
                        }
                        Template(pieces)
                    })
                } else {
                    let begin = entropy.one_of(&[
                        "https://go.example/",
                        "https://go.example/open?c=",
                        "https://go.example:8443/x#",
                        "https://go.example?",
                    ]);
                    let mut pieces = vec![Piece::Literal(begin.to_owned())];
                    rest_of_url(matching, entropy, &mut pieces);
                    Some(Template(pieces))
                };
                let agents = ["-", "-/AlipayConnect", "-/", "-/a{b}/1.0"];
                let user_agent = entropy
                    .chance(50)
                    .then(|| entropy.one_of(&agents).to_owned());
                Self::OpenUrl {
                    redirect_url,
                    user_agent,
                }
            }
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let mut object = Map::new();
        let kind = match self {
            Self::Decode(template) => {
                if let Some(template) = template {
                    object.insert("codeValue".to_owned(), json!(template.text()));
                }
                "DECODE"
            }
            Self::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                if let Some(template) = redirect_url {
                    object.insert("redirectUrl".to_owned(), json!(template.text()));
                }
                if let Some(user_agent) = user_agent {
                    object.insert("userAgent".to_owned(), json!(user_agent));
                }
                "OPEN_URL"
            }
            Self::Unsupported => "UNSUPPORTED",
        };
        object.insert("type".to_owned(), json!(kind));
        object.into()
    }
}

impl Template {
    /// Returns the template as it is written in a route config.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(Piece::text).collect()
    }
}

impl Piece {
    fn text(&self) -> String {
        match self {
            Self::Literal(text) => text.replace('{', "{{").replace('}', "}}"),
            Self::Insert {
                value,
                percent_encoded,
            } => {
                let encoding = if *percent_encoded { ":url" } else { "" };
                match value {
                    Value::Code => format!("{{code{encoding}}}"),
                    Value::Group(number) => format!("{{{number}{encoding}}}"),
                    Value::Named(name) => format!("{{{name}{encoding}}}"),
                }
            }
        }
    }
}

const fn insert(value: Value) -> Piece {
    Piece::Insert {
        value,
        percent_encoded: false,
    }
}

/// Draws a template that cannot render to nothing.
fn decode_template(matching: &Match, entropy: &mut Entropy<'_>) -> Template {
    let first = if entropy.chance(40) {
        Piece::Literal(word(entropy).to_owned())
    } else {
        Piece::Insert {
            value: Value::Code,
            percent_encoded: entropy.chance(30),
        }
    };
    let mut pieces = vec![first];
    for _ in 0..entropy.below(4) {
        pieces.push(piece(matching, entropy));
    }
    Template(pieces)
}

fn rest_of_url(matching: &Match, entropy: &mut Entropy<'_>, pieces: &mut Vec<Piece>) {
    for _ in 0..entropy.below(4) {
        match piece(matching, entropy) {
            Piece::Literal(_) => {
                let text = entropy.one_of(&["x", "&y=", "/z/", "%20", "#", "1"]);
                pieces.push(Piece::Literal(text.to_owned()));
            }
            insert => pieces.push(insert),
        }
    }
}

fn piece(matching: &Match, entropy: &mut Entropy<'_>) -> Piece {
    let groups = match matching {
        Match::Regex(pattern) => pattern.groups(),
        _ => &[],
    };
    if entropy.chance(30) {
        return Piece::Literal(word(entropy).to_owned());
    }
    let value = match entropy.below(groups.len() + 1) {
        0 => Value::Code,
        number => match &groups[number - 1] {
            group if !group.is_certain => Value::Code,
            Group {
                name: Some(name), ..
            } if entropy.chance(70) => Value::Named(name.clone()),
            _ => Value::Group(number),
        },
    };
    Piece::Insert {
        value,
        percent_encoded: entropy.chance(40),
    }
}
