//! A checked rule.

use super::action::Action;
use super::rule_match::RuleMatch;
use crate::canary::Canary;
use crate::{Position, RuleId};

/// A checked rule.
#[derive(Clone, Debug)]
pub(crate) struct RouteRule {
    /// The position in the document at which the rule begins.
    pub(crate) position: Position,
    /// The position at which its `match` begins.
    pub(crate) match_position: Position,
    /// The id, unique in its config.
    pub(crate) id: RuleId,
    /// The condition on a code value.
    pub(crate) rule_match: RuleMatch,
    /// The consequence for a code value that the rule decides.
    pub(crate) action: Action,
    /// `None` if the rule admits every openId.
    pub(crate) canary: Option<Canary>,
}
