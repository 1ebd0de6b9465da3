//! Where a command asks the daemon, and where it writes what it learns.

use std::io::{self, IsTerminal, Write};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{Answer, Client, IfMatch, NoAnswer};
use crate::output::{Failure, Stdout, printable};

/// One command's way to the daemon and to its reader.
pub(super) struct Desk<'a> {
    client: Client,
    json: bool,
    pub(super) stdout: &'a mut Stdout,
}

impl<'a> Desk<'a> {
    pub(super) const fn new(client: Client, json: bool, stdout: &'a mut Stdout) -> Self {
        Self {
            client,
            json,
            stdout,
        }
    }

    /// Whether the reader gets the answers as they are: whoever asks is to write nothing else.
    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    /// Asks for the document at `path`, and hands it on if the reader wants JSON.
    ///
    /// # Errors
    ///
    /// What the daemon said against it, or that it did not answer.
    pub(super) fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        let answer = self.client.get(path)?;
        self.hand_on(&answer)?;
        self.client.understand(&answer)
    }

    /// Asks for the document at `path`, for the command itself.
    ///
    /// # Errors
    ///
    /// As for [`Self::get`].
    pub(super) fn look_up<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.client.look_up(path)
    }

    /// The document that `answer` holds.
    ///
    /// # Errors
    ///
    /// As for [`Self::get`].
    pub(super) fn understand<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Failure> {
        self.client.understand(answer)
    }

    /// Asks for the text at `path`.
    ///
    /// # Errors
    ///
    /// As for [`Self::get`].
    pub(super) fn text(&self, path: &str) -> Result<Bytes, Failure> {
        let answer = self.client.get(path)?;
        self.client.require_accepted(&answer)?;
        Ok(answer.body)
    }

    /// Sends a document to `path`, and hands the answer on if the reader wants JSON.
    ///
    /// # Errors
    ///
    /// As for [`Self::get`].
    pub(super) fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        content: &impl Serialize,
        if_match: Option<IfMatch>,
    ) -> Result<T, Failure> {
        let content = serde_json::to_vec(content).map_err(io::Error::from)?;
        let answer = self.send(path, content, if_match)?;
        self.client.understand(&answer)
    }

    /// Sends `body` to `path`, hands the answer on if the reader wants JSON, and leaves it to the
    /// caller what a refusal means.
    ///
    /// # Errors
    ///
    /// That the daemon did not answer.
    pub(super) fn send(
        &mut self,
        path: &str,
        body: impl Into<Bytes>,
        if_match: Option<IfMatch>,
    ) -> Result<Answer, Failure> {
        let answer = self.client.post(path, body, if_match);
        let answer = answer.map_err(|error| match error {
            NoAnswer::BrokenOff(..) | NoAnswer::TooSlow { .. } if path != "/v1/check" => {
                Failure::Unanswered(format!(
                    "{error}; whether it was done is not known, codeid admin status tells what \
                     serves"
                ))
            }
            error => error.into(),
        })?;
        self.hand_on(&answer)?;
        Ok(answer)
    }

    /// Sends `body` to `path`, where nothing is changed, for the command itself.
    ///
    /// # Errors
    ///
    /// That the daemon did not answer.
    pub(super) fn ask(&self, path: &str, body: impl Into<Bytes>) -> Result<Answer, Failure> {
        Ok(self.client.post(path, body, None)?)
    }

    /// Writes `answer` as it is, if the reader wants JSON.
    ///
    /// # Errors
    ///
    /// That standard output takes no more.
    pub(super) fn hand_on(&mut self, answer: &Answer) -> Result<(), Failure> {
        if self.json {
            self.write_bytes(&answer.body)?;
            if !answer.body.ends_with(b"\n") {
                self.write_bytes(b"\n")?;
            }
        }
        Ok(())
    }

    /// Writes bytes as they are; on a terminal, with what could steer it spelled out.
    ///
    /// # Errors
    ///
    /// That standard output takes no more.
    pub(super) fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !io::stdout().is_terminal() {
            // Past the filter of colours, which lets no more through than text.
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
