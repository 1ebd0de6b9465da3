//! What the daemon's answers mean: what was asked for, a refusal, or nothing that this program knows.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Answer, Client, NoAnswer};
use super::refusal;
use crate::output::Failure;

impl Client {
    /// Asks for the document at `path`.
    ///
    /// # Errors
    ///
    /// What the daemon said against it, or that there is no answer that this program understands.
    pub(crate) fn look_up<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.understand(&self.get(path)?)
    }

    /// The document that `answer` holds.
    ///
    /// # Errors
    ///
    /// What the daemon said against it, or that this program does not understand it.
    pub(crate) fn understand<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Failure> {
        self.require_accepted(answer)?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            self.not_understood(&format!("its answer is not what it should be: {error}"))
        })
    }

    /// That `answer` is no refusal.
    ///
    /// # Errors
    ///
    /// What the daemon said against it, or that this program does not understand it.
    pub(super) fn require_accepted(&self, answer: &Answer) -> Result<(), Failure> {
        if answer.status.is_success() {
            return Ok(());
        }
        match refusal::read(&answer.body) {
            None => Err(self.not_understood(&format!("it answered status {}", answer.status))),
            Some(refusal) if refusal::is_about_the_path(&refusal) => {
                Err(self.not_understood(&format!("it does not know this: {}", refusal.detail)))
            }
            Some(refusal) => Err(Failure::Message(refusal::message(&refusal))),
        }
    }

    /// That the daemon and this program do not go together, with the reason if that is known.
    fn not_understood(&self, what: &str) -> Failure {
        let ours = env!("CARGO_PKG_VERSION");
        let theirs = self.get("/v1/status").ok().and_then(|answer| {
            // By itself: of the rest of the document, nothing is certain.
            let status = serde_json::from_slice::<Value>(&answer.body).ok()?;
            Some(status.pointer("/daemon/version")?.as_str()?.to_owned())
        });
        let versions = match theirs {
            Some(theirs) if theirs == ours => format!("it is version {ours}, as this program"),
            Some(theirs) => {
                format!(
                    "it is version {theirs}, this program {ours}: use the program of its version"
                )
            }
            None => format!("is it a codeid daemon of version {ours}?"),
        };
        Failure::Unanswered(format!(
            "the daemon at {} was not understood: {what} ({versions})",
            self.socket().display()
        ))
    }
}

impl From<NoAnswer> for Failure {
    fn from(error: NoAnswer) -> Self {
        Self::Unanswered(error.to_string())
    }
}
