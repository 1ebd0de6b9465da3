//! Parses responses: documents, refusals, and responses of another version.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Client, ClientError, Response};
use super::refusal;
use crate::output::Failure;

impl Client {
    /// Fetches the document at `path`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses, does not respond, or is of another version.
    pub(crate) fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.parse(&self.get(path)?)
    }

    /// Parses the document in `response`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the response is a refusal, or of another version.
    pub(super) fn parse<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Failure> {
        self.require_success(response)?;
        serde_json::from_slice(&response.body)
            .map_err(|error| self.not_understood(&format!("its response is not valid: {error}")))
    }

    /// Requires that `response` is not a refusal.
    ///
    /// # Errors
    ///
    /// [`Failure`] with the message of the refusal.
    pub(super) fn require_success(&self, response: &Response) -> Result<(), Failure> {
        if response.status.is_success() {
            return Ok(());
        }
        match refusal::parse(&response.body) {
            None => Err(self.not_understood(&format!("it responded {}", response.status))),
            Some(refusal) if refusal::is_about_the_path(&refusal) => {
                Err(self.not_understood(&format!("it lacks this command: {}", refusal.detail)))
            }
            Some(refusal) => Err(Failure::Message(refusal::message(&refusal))),
        }
    }

    /// Reports a response that cannot be parsed, with the versions of both sides, if they differ.
    fn not_understood(&self, what: &str) -> Failure {
        let ours = env!("CARGO_PKG_VERSION");
        let theirs = self.get("/v1/status").ok().and_then(|response| {
            // Only this member: the rest of the document may differ, too.
            let status = serde_json::from_slice::<Value>(&response.body).ok()?;
            Some(status.pointer("/daemon/version")?.as_str()?.to_owned())
        });
        let versions = match theirs {
            Some(theirs) if theirs == ours => format!("both are of version {ours}"),
            Some(theirs) => format!(
                "the daemon is of version {theirs}, this program of {ours}; use the program of \
                 the daemon's version"
            ),
            None => format!("is it a codeid daemon of version {ours}?"),
        };
        Failure::Unanswered(format!(
            "cannot understand the daemon at {}: {what} ({versions})",
            self.socket().display()
        ))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Unanswered(error.message())
    }
}
