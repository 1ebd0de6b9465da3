//! Parses responses: documents, refusals, and responses from a daemon of another version.

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
    pub(super) fn parse<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Failure> {
        self.require_success(response)?;
        serde_json::from_slice(&response.body)
            .map_err(|error| self.not_understood(&format!("its response is not valid: {error}")))
    }

    /// Checks that the status of `response` is a success. The body is not parsed then.
    ///
    /// # Errors
    ///
    /// [`Failure::Other`] with the refusal's message; [`Failure::Unanswered`] if the daemon does
    /// not know the path, or the body is not a refusal.
    pub(super) fn require_success(&self, response: &Response) -> Result<(), Failure> {
        if response.status.is_success() {
            return Ok(());
        }
        match refusal::parse(&response.body) {
            None => Err(self.not_understood(&format!("it responded {}", response.status))),
            Some(refusal) if refusal::is_about_the_path(&refusal) => {
                Err(self.not_understood(&format!("it lacks this command: {}", refusal.detail)))
            }
            Some(refusal) => Err(Failure::other(refusal::message(&refusal))),
        }
    }

    /// Builds the error for a response that cannot be parsed, explained by `what`.
    ///
    /// It asks the daemon for its version, to compare it with this program's; that can take until
    /// the client's timeout.
    fn not_understood(&self, what: &str) -> Failure {
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
        let socket = self.socket().display();
        let message = format!("cannot understand the daemon at {socket}: {what} ({versions})");
        Failure::Unanswered(message.into())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Unanswered(Box::new(error))
    }
}
