//! What identification answers.

use crate::RuleId;

/// What is to be done with a code value, and which rule says so.
///
/// Borrows its texts from the table, from the code value, or from the scratch they were rendered
/// into, whichever spares a copy.
///
/// Source: SPEC.md, sections 1 and 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The rule that decided; `None` if no rule accepts the code value and admits the openId, in
    /// which case the outcome is [`Outcome::Unsupported`].
    pub rule: Option<&'a RuleId>,
    /// What the rule's action says.
    pub outcome: Outcome<'a>,
}

/// What is to be done with a code value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The code value is none that Alipay+ can process.
    Unsupported,
    /// Send this value, never empty, to Alipay+ to be decoded.
    Decode {
        /// The value to decode.
        code_value: &'a str,
    },
    /// Send the user to a page.
    OpenUrl {
        /// The page: an `https` URL on a host that the route config names, fit for a header.
        redirect_url: &'a str,
        /// `-`, or text that begins `-/`, to be added to the user agent.
        user_agent: &'a str,
    },
}

/// Tells lengths only: what is rendered comes from the code value.
impl std::fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// One rule that accepts a code value, and what its canary said of the openId.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The rule.
    pub rule: &'a RuleId,
    /// Its place in the config, counted from 0.
    pub index: usize,
    /// Whether it admits the openId, and why.
    pub admission: crate::Admission,
    /// Whether this is the rule that decides: the first of those that admit.
    pub decides: bool,
}
