//! Route configs: from text to checked rules.

mod action;
mod canary;
mod emv;
mod emv_contradiction;
mod fields;
mod json;
mod json_hint;
mod parse;
mod problems;
mod public_suffix;
mod redirect;
mod regex;
mod route_config;
mod route_rule;
mod rule_match;
mod template;
mod url;

pub(crate) use self::action::Action;
pub(crate) use self::emv::{DataObjectId, EmvMatch, TagPath};
pub use self::route_config::RouteConfig;
pub(crate) use self::route_rule::RouteRule;
pub(crate) use self::rule_match::RuleMatch;
pub(crate) use self::template::{Destination, Template};
pub(crate) use self::url::{HostMatch, MAX_LABEL_CHARACTERS, UrlMatch, is_label_byte};

#[cfg(test)]
mod tests;
