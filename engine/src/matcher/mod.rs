//! Which rules accept a code value.
pub(crate) mod reference;
