//! The error of opening a listener.

use std::error::Error;

use super::certificate::CertificateError;
use crate::error_chain::ErrorChain;

/// The reason why a listener was not opened: its setting, and what is wrong with the value.
#[derive(Debug, thiserror::Error)]
#[error("{setting} {value}: {why}")]
pub struct ListenError {
    setting: String,
    value: String,
    why: String,
}

impl ListenError {
    /// Returns the error for a setting by its name, its value and the reason, with its causes.
    pub(crate) fn new(setting: &str, value: impl ToString, why: &dyn Error) -> Self {
        Self {
            setting: setting.to_owned(),
            value: value.to_string(),
            why: ErrorChain(why).to_string(),
        }
    }
}

impl From<CertificateError> for ListenError {
    fn from(error: CertificateError) -> Self {
        Self {
            setting: error.setting,
            value: error.path.display().to_string(),
            why: error.why,
        }
    }
}
