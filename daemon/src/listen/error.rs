//! The error of opening a listener.

use std::error::Error;

use super::certificate_error::CertificateError;
use crate::uri::shown_path;

/// The error of opening a listener: its setting, the setting's value, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{setting} {value}")]
pub struct ListenError {
    setting: String,
    value: String,
    source: Box<dyn Error + Send + Sync>,
}

impl ListenError {
    /// Returns the error for a setting by its name, its value and the cause.
    pub(crate) fn new(
        setting: impl Into<String>,
        value: impl ToString,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            setting: setting.into(),
            value: value.to_string(),
            source: cause.into(),
        }
    }
}

impl From<CertificateError> for ListenError {
    fn from(error: CertificateError) -> Self {
        Self::new(error.setting, shown_path(&error.path), error.source)
    }
}
