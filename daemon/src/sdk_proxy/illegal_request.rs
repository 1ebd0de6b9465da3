//! Requests whose fields are not those that their interface needs.

use std::fmt;

use thiserror::Error;

use super::customer_id;
use crate::json::Kind;

/// The error for a request that is a JSON object, but not one that can be forwarded. It has every field
/// that is wrong, and shows nothing of their content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IllegalRequest(pub(super) Vec<FieldError>);

/// The error for one field, or for one pair too many. Displays with the name of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum FieldError {
    /// The request does not have it.
    #[error("{0} must be a string that is not empty but is missing")]
    Missing(&'static str),
    /// It is not a string, but a value of this kind.
    #[error("{0} must be a string that is not empty but is {1}")]
    Mistyped(&'static str, Kind),
    /// The string is empty.
    #[error("{0} must be a string that is not empty but is empty")]
    Empty(&'static str),
    /// The customer's ID has as many characters.
    #[error(
        "customerId must have at most {most} characters but has {0}",
        most = customer_id::MAX_CHARACTERS
    )]
    LongCustomerId(usize),
    /// The request has fields of two pairs, of which these are two.
    #[error("{0} and {1} must not be in one request, since they are of different pairs")]
    TwoPairs(&'static str, &'static str),
}

impl fmt::Display for IllegalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for IllegalRequest {}
