//! The result of a lookup.

use std::fmt;

use crate::{Admission, RuleId};

/// The result of a lookup: what to do with the code value, and the rule that decided so.
///
/// It borrows its texts from the table, from the code value, or from the scratch into which they
/// were rendered, so that a lookup copies nothing that it need not.
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
/// for (code, decided_by, expected) in [
///     ("2811", Some("order"), Outcome::Decode { code_value: "2811" }),
///     ("2810", Some("carve-out"), Outcome::Unsupported),
///     ("29", None, Outcome::Unsupported),
/// ] {
///     let (code, user) = (CodeValue::new(code).unwrap(), OpenId::new("user-42").unwrap());
///     let Verdict { rule, outcome } = table.identify(code, user, &mut scratch);
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
/// Its `Debug` form shows lengths only: the texts are made from the code value, which may identify a
/// person or an order.
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
/// let code = CodeValue::new("28100104").unwrap();
/// let verdict = table.identify(code, OpenId::new("user-42").unwrap(), &mut scratch);
/// let Outcome::OpenUrl { redirect_url, user_agent } = verdict.outcome else { panic!() };
/// assert_eq!((redirect_url, user_agent), ("https://pay.example/o?id=100104", "-"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Alipay+ cannot process this code value.
    Unsupported,
    /// Send this value to Alipay+ to be decoded.
    Decode {
        /// The value to decode, never empty.
        code_value: &'a str,
    },
    /// Send the user to a page.
    OpenUrl {
        /// The page: an `https` URL on a host that the route config names, fit for a header.
        redirect_url: &'a str,
        /// The text to add to the browser's user agent: `-` for none, or text that begins with `-/`.
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

/// A rule that accepts a code value, and what its canary says of the openId.
///
/// [`RouteTable::explain`](crate::RouteTable::explain) returns one for each such rule.
///
/// Source: SPEC.md, sections 2 and 2.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The rule's id.
    pub rule: &'a RuleId,
    /// The rule's index in the config, from 0.
    pub index: usize,
    /// The decision of the rule's canary on the openId, with the reason.
    pub admission: Admission,
    /// `true` if this rule decides: it is the first of those that admit the openId.
    pub decides: bool,
}
