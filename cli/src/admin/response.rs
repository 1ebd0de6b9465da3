//! The meaning of responses: documents, refusals, and responses from a daemon of another version.

use std::path::PathBuf;

use codeid_daemon::uri::shown_path;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Client, Response};
use super::refusal;
use crate::output::Failure;

/// The reason why a response means nothing to this program.
#[derive(Debug, thiserror::Error)]
#[error("cannot understand the daemon at {}: {what} ({versions})", shown_path(.socket))]
struct NotUnderstood {
    socket: PathBuf,
    /// The fault of the response.
    what: String,
    /// The comparison of the daemon's version with that of this program.
    versions: String,
    source: Option<serde_json::Error>,
}

impl Client {
    /// Fetches the document at `path`.
    ///
    /// # Errors
    ///
    /// [`Failure::Other`] with the refusal's message; [`Failure::Unanswered`] if the daemon does
    /// not respond, does not know the path, or sends a body that is not a `T`.
    pub(crate) fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.parse(&self.get(path)?)
    }

    /// Parses the document in `response`.
    ///
    /// # Errors
    ///
    /// [`Failure::Other`] with the refusal's message; [`Failure::Unanswered`] if the daemon does
    /// not know the path, or the body is neither a `T` nor a refusal.
    pub(crate) fn parse<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Failure> {
        self.require_success(response)?;
        self.parse_document(response)
    }

    /// Parses the document in `response`, whatever its status is.
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if the body is not a `T`.
    pub(super) fn parse_document<T: DeserializeOwned>(
        &self,
        response: &Response,
    ) -> Result<T, Failure> {
        serde_json::from_slice(&response.body)
            .map_err(|error| self.not_understood("its response is not valid", Some(error)))
    }

    /// Checks that the status of `response` is a success. The body is not parsed then.
    ///
    /// # Errors
    ///
    /// [`Failure::Other`] with the refusal's message; [`Failure::Unanswered`] if the daemon does
    /// not know the path, or the body is not a refusal.
    pub(crate) fn require_success(&self, response: &Response) -> Result<(), Failure> {
        if response.status.is_success() {
            return Ok(());
        }
        match refusal::parse(&response.body) {
            Err(error) => {
                let what = format!("it responded {}", response.status);
                Err(self.not_understood(what, Some(error)))
            }
            Ok(refusal) if refusal::is_about_the_path(&refusal) => {
                let what = format!("it lacks this command: {}", refusal.detail);
                Err(self.not_understood(what, None))
            }
            Ok(refusal) => Err(Failure::other(refusal::message(&refusal))),
        }
    }

    /// Returns the error for a response with the fault `what`.
    ///
    /// It asks the daemon for its version, to compare it with this program's; that can take until
    /// the client's timeout.
    fn not_understood(
        &self,
        what: impl Into<String>,
        source: Option<serde_json::Error>,
    ) -> Failure {
        let ours = env!("CARGO_PKG_VERSION");
        let theirs = self.get("/v1/status").ok().and_then(|response| {
            // Only this member: the rest of the document may differ, too.
            let status = serde_json::from_slice::<Value>(&response.body).ok()?;
            Some(status.pointer("/daemon/version")?.as_str()?.to_owned())
        });
        let versions = match theirs {
            Some(theirs) if theirs == ours => format!("both have version {ours}"),
            Some(theirs) => format!(
                "the daemon has version {theirs}, this program {ours}; use the program that came \
                 with the daemon"
            ),
            None => format!("is it a codeid daemon of version {ours}?"),
        };
        Failure::Unanswered(Box::new(NotUnderstood {
            socket: self.socket().to_owned(),
            what: what.into(),
            versions,
            source,
        }))
    }
}
