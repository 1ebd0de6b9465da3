//! The errors of a start.

use std::io;

use thiserror::Error;

use crate::hand_over::TakeOverError;
use crate::listen::ListenError;
use crate::rules::InitError;
use crate::sdk_proxy::OpenError;
use crate::settings::SettingsError;

/// The reason why the daemon did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No source gave a first route table.
    #[error(transparent)]
    Init(#[from] InitError),
    /// A listener was not opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The running daemon goes on, from which this one was to take over.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// The system refused something that no setting names.
    #[error("{what}")]
    System {
        /// The action that was refused.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
}

impl StartError {
    /// The result code that the line on standard error begins with.
    #[must_use]
    pub const fn result_code(&self) -> &'static str {
        match self {
            Self::Settings(_) | Self::Listen(_) => "PARAM_ILLEGAL",
            Self::Init(error) => error.result().code,
            Self::TakeOver(TakeOverError::Off) => "PARAM_ILLEGAL",
            Self::TakeOver(_) | Self::System { .. } => "UNKNOWN_EXCEPTION",
        }
    }
}

/// Returns what makes an error of the system one of the start, in which it refused `what`.
pub(super) fn system(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Settings(error) => Self::Settings(error),
            OpenError::Threads(source) => Self::System {
                what: "cannot start the proxy threads",
                source,
            },
        }
    }
}
