//! The error of a source or store.

use std::error::Error;

use crate::outbound::http_client::ExchangeError;

/// The reason why a source or store failed, in words without a secret: the message and those of its
/// causes become part of log lines and of the status.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SourceError(Box<dyn Error + Send + Sync>);

impl SourceError {
    /// Returns an error with the message and the causes of `error`, which may be a string.
    ///
    /// ```
    /// use codeid_daemon::rules::source::SourceError;
    ///
    /// let error = SourceError::new("the storage is read-only");
    /// assert_eq!(error.to_string(), "the storage is read-only");
    /// ```
    #[must_use]
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl From<ExchangeError> for SourceError {
    fn from(error: ExchangeError) -> Self {
        Self::new(error)
    }
}
