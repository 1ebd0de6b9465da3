//! The ways to reach a daemon, wherever it runs.

use std::path::PathBuf;

use serde_json::Value;

use super::directory::Directory;
use crate::serve::client::{Client, Response};

/// The directory of a daemon, and the ways to reach it.
pub(crate) struct Served {
    pub(crate) directory: Directory,
    /// The port of the TCP listener; 0 without one.
    pub(crate) port: u16,
}

impl Served {
    pub(crate) const fn new(directory: Directory) -> Self {
        Self { directory, port: 0 }
    }

    pub(crate) fn tcp(&self) -> Client {
        Client::tcp(self.port)
    }

    pub(crate) fn unix(&self) -> Client {
        Client::unix(&self.socket())
    }

    /// Sends a request without a body to the admin plane.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Response {
        let socket = self.directory.path().join("run/codeid.admin.sock");
        Client::unix(&socket).bare(method, path)
    }

    /// Reads the status document.
    pub(crate) fn status(&self) -> Value {
        let response = self.admin("GET", "/v1/status");
        assert_eq!(response.status, 200);
        response.json()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("codeid.sock")
    }
}
