//! The result of a lookup.

use std::fmt;

use crate::{Admission, RuleId};

/// The result of a lookup: what to do with the code value, and the rule that decided it.
///
/// It borrows its texts from the table, from the code value, or from the scratch into which they
/// were rendered, so that a lookup copies no more than it has to. The scratch is free for the next
/// lookup once the verdict is no longer used.
///
/// Source: SPEC.md, sections 1 and 2.2.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, Outcome, RouteTable, Scratch, Verdict};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "carve-out", "match": {"prefix": "2810"}, "action": {"type": "UNSUPPORTED"}},
///     {"id": "order", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}]}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
/// let mut scratch = Scratch::new();
/// for (text, decided_by, expected) in [
///     ("2811", Some("order"), Outcome::Decode { code_value: "2811" }),
///     ("2810", Some("carve-out"), Outcome::Unsupported),
///     ("29", None, Outcome::Unsupported),
/// ] {
///     let (code_value, open_id) = (CodeValue::new(text).unwrap(), OpenId::new("user-42").unwrap());
///     let Verdict { rule, outcome } = table.identify(code_value, open_id, &mut scratch);
///     assert_eq!((rule.map(|id| id.as_str()), outcome), (decided_by, expected));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The rule that decided; `None` if no rule accepts the code value and admits the openId, in
    /// which case the outcome is [`Outcome::Unsupported`].
    pub rule: Option<&'a RuleId>,
    /// The outcome of the rule's action.
    pub outcome: Outcome<'a>,
}

/// The outcome of a lookup: what to do with the code value.
///
/// Its `Debug` form shows the lengths of the texts that are made from the code value, since that
/// may identify a person or an order. It shows the user agent, which the config alone determines.
///
/// Source: SPEC.md, sections 1 and 2.2.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, Outcome, RouteTable, Scratch};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "order", "match": {"regex": "28(\\d+)"},
///      "action": {"type": "OPEN_URL", "redirectUrl": "https://pay.example/o?id={1}"}}]}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
/// let mut scratch = Scratch::new();
/// let code_value = CodeValue::new("28100104").unwrap();
/// let verdict = table.identify(code_value, OpenId::new("user-42").unwrap(), &mut scratch);
/// let Outcome::OpenUrl { redirect_url, user_agent } = verdict.outcome else { panic!() };
/// assert_eq!((redirect_url, user_agent), ("https://pay.example/o?id=100104", "-"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Alipay+ cannot process this code value: process it in another way, or refuse it.
    Unsupported,
    /// Send this value to Alipay+ to be decoded.
    Decode {
        /// The value to decode, never empty.
        code_value: &'a str,
    },
    /// Send the user to a page.
    OpenUrl {
        /// The page: an `https` URL on a host that the route config names. It is ASCII without controls
        /// and spaces, and its scheme and host are in lower case, so that it can stand in a header.
        redirect_url: &'a str,
        /// The text to add to the browser's user agent: it begins with `-/`, or is `-` for none.
        user_agent: &'a str,
    },
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("Unsupported"),
            Self::Decode { code_value } => write!(f, "Decode({} bytes)", code_value.len()),
            Self::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                write!(f, "OpenUrl({} bytes, {user_agent})", redirect_url.len())
            }
        }
    }
}

/// A rule that accepts a code value, and the decision of its canary on the openId.
///
/// [`RouteTable::explain`](crate::RouteTable::explain) returns one for each such rule.
///
/// Source: SPEC.md, sections 2 and 2.3.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "coupon", "match": {"prefix": "29"}, "action": {"type": "DECODE"}},
///     {"id": "order", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}]}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
/// let (code_value, open_id) = (CodeValue::new("2811").unwrap(), OpenId::new("user-42").unwrap());
/// let explanations = table.explain(code_value, open_id, &mut Scratch::new());
/// assert_eq!(explanations.len(), 1);
/// let order = &explanations[0];
/// assert_eq!((order.rule.as_str(), order.index, order.decides), ("order", 1, true));
/// assert!(order.admission.admits());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The rule's id.
    pub rule: &'a RuleId,
    /// The rule's index in the config, from 0.
    pub index: usize,
    /// The decision of the rule's canary on the openId, with the reason.
    pub admission: Admission,
    /// `true` if this rule decides: it is the first that admits the openId.
    pub decides: bool,
}
