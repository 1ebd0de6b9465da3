//! Groups of users, by name or number.

use std::io;

use nix::unistd::{Gid, Group};
use thiserror::Error;

use crate::uri;

/// The reason why a group was not found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The system knows no group of this name.
    #[error("there is no group {}", uri::shown(.0))]
    Unknown(String),
    /// The system failed to look up the group.
    #[error("cannot look up the group {}", uri::shown(.0))]
    System(String, #[source] io::Error),
}

/// Returns the ID of a group, which is given by its name or its ID. An ID need not be known to the
/// system.
///
/// # Errors
///
/// [`GroupError`] if the system does not know the name, or cannot look it up.
pub(crate) fn find(group: &str) -> Result<Gid, GroupError> {
    if let Ok(number) = group.parse() {
        return Ok(Gid::from_raw(number));
    }
    match Group::from_name(group) {
        Ok(Some(found)) => Ok(found.gid),
        Ok(None) => Err(GroupError::Unknown(group.to_owned())),
        Err(error) => Err(GroupError::System(group.to_owned(), error.into())),
    }
}
