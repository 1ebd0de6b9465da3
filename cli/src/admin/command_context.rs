//! The surroundings of a command: its daemon and its output.

use std::io::{self, IsTerminal, Write};

use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{Client, ClientError, Condition, Response};
use crate::output::{Failure, Stdout, printable};

/// The connection broke after a command was sent that changes something.
#[derive(Debug, thiserror::Error)]
#[error("the command may have been carried out, which codeid admin status shows")]
struct MaybeCarriedOut(#[source] ClientError);

/// The daemon that a command talks to, and the output that it writes to.
pub(super) struct CommandContext<'a> {
    client: Client,
    json: bool,
    /// The output of the command, flushed when it ends.
    pub(super) stdout: &'a mut Stdout,
}

impl<'a> CommandContext<'a> {
    /// Returns the context of a command that prints responses as they are if `json` is `true`.
    pub(super) const fn new(client: Client, json: bool, stdout: &'a mut Stdout) -> Self {
        Self {
            client,
            json,
            stdout,
        }
    }

    /// Returns `true` if responses are printed as they are. The command then prints nothing else.
    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Fetches the document at `path`, and prints it under `--json`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, the response is not a `T`, or standard
    /// output cannot be written.
    pub(super) fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        let response = self.client.get(path)?;
        self.print(&response)?;
        self.client.parse(&response)
    }

    /// Fetches a document that comes with status 503, too, and prints it under `--json`.
    ///
    /// # Errors
    ///
    /// [`Failure`], as for [`Self::get`].
    pub(super) fn get_also_unavailable<T: DeserializeOwned>(
        &mut self,
        path: &str,
    ) -> Result<T, Failure> {
        let response = self.client.get(path)?;
        self.print(&response)?;
        match response.status {
            StatusCode::SERVICE_UNAVAILABLE => self.client.parse_document(&response),
            _ => self.client.parse(&response),
        }
    }

    /// Fetches the document at `path`, and does not print it.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or the response is not a `T`.
    pub(super) fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.client.fetch(path)
    }

    /// Parses the document in `response`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the response is a refusal or not a `T`.
    pub(super) fn parse<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Failure> {
        self.client.parse(response)
    }

    /// Fetches the text at `path`, and does not print it.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond.
    pub(super) fn fetch_text(&self, path: &str) -> Result<Bytes, Failure> {
        let response = self.client.get(path)?;
        self.client.require_success(&response)?;
        Ok(response.body)
    }

    /// Sends a document to `path`, and prints the response under `--json`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, the response is not a `T`, or standard
    /// output cannot be written.
    pub(super) fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        document: &impl Serialize,
        condition: Condition,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(document).map_err(Failure::other)?;
        let response = self.post_bytes(path, body, condition)?;
        self.client.parse(&response)
    }

    /// Sends `body` to `path`, prints the response under `--json`, and returns it, also if it is a
    /// refusal.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon does not respond, or standard output cannot be written.
    pub(super) fn post_bytes(
        &mut self,
        path: &str,
        body: impl Into<Bytes>,
        condition: Condition,
    ) -> Result<Response, Failure> {
        let response = self.client.post(path, body, condition);
        let response = response.map_err(|error| match error {
            ClientError::Interrupted { .. } | ClientError::TimedOut { .. }
                if !matches!(path, "/v1/check" | "/v1/explain") =>
            {
                Failure::Unanswered(Box::new(MaybeCarriedOut(error)))
            }
            error => error.into(),
        })?;
        self.print(&response)?;
        Ok(response)
    }

    /// Sends `body` to `path`, which must change nothing, and does not print the response.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon does not respond.
    pub(super) fn try_bytes(
        &self,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Result<Response, Failure> {
        Ok(self.client.post(path, body, Condition::default())?)
    }

    /// Writes `response` as it is, under `--json`.
    ///
    /// # Errors
    ///
    /// [`Failure::Output`] if standard output cannot be written.
    pub(super) fn print(&mut self, response: &Response) -> Result<(), Failure> {
        if self.json {
            self.write_bytes(&response.body)?;
            if !response.body.ends_with(b"\n") {
                self.write_bytes(b"\n")?;
            }
        }
        Ok(())
    }

    /// Writes bytes as they are; on a terminal, control characters are escaped.
    ///
    /// # Errors
    ///
    /// [`Failure::Output`] if standard output cannot be written.
    pub(super) fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !io::stdout().is_terminal() {
            // Not through the colour filter, which changes bytes that are not text.
            self.stdout.flush()?;
            io::stdout().lock().write_all(bytes)?;
            return Ok(());
        }
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            let text = line.trim_end_matches(['\r', '\n']).replace('\t', "    ");
            write!(self.stdout, "{}", printable(&text))?;
            if line.ends_with('\n') {
                writeln!(self.stdout)?;
            }
        }
        Ok(())
    }
}
