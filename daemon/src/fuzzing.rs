//! The items of private modules that the fuzz targets call. They are not part of the API.
#![doc(hidden)]

pub use crate::admin::role::Role;
pub use crate::admin::tokens::{LineError, Tokens, TokensError};
