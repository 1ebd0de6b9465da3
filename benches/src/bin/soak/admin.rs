//! Requests to the daemon's admin plane.

use std::io;
use std::time::Duration;

use serde_json::Value;

use crate::directory::Directory;
use crate::http::{Address, HttpClient, post};

/// The time that a response may take; the daemon may wait for its remote meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// The admin plane of the daemon, each of whose connections carries one request.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    address: Address,
}

/// A response, whatever its status is.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) document: Value,
}

impl Admin {
    pub(crate) fn new(directory: &Directory) -> Self {
        Self {
            address: Address::Unix(directory.path().join("admin.sock")),
        }
    }

    /// # Errors
    ///
    /// If no response comes, or another than the status document.
    pub(crate) fn status(&self) -> io::Result<Value> {
        let outcome = self.get("/v1/status")?;
        if outcome.status == 200 {
            return Ok(outcome.document);
        }
        Err(io::Error::other(format!("the status: {outcome:?}")))
    }

    /// # Errors
    ///
    /// If no response comes.
    pub(crate) fn get(&self, path: &str) -> io::Result<Outcome> {
        self.exchange(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    /// # Errors
    ///
    /// If no response comes, after which the command may have been carried out.
    pub(crate) fn post(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> io::Result<Outcome> {
        self.exchange(&post(path, headers, body.as_bytes()))
    }

    fn exchange(&self, request: &[u8]) -> io::Result<Outcome> {
        let mut client = HttpClient::connect(&self.address)?;
        client.stream.set_patience(PATIENCE)?;
        let answered = client.exchange(request)?;
        let document = serde_json::from_slice(&answered.body).unwrap_or(Value::Null);
        Ok(Outcome {
            status: answered.status,
            document,
        })
    }
}
