//! What a daemon that serves has, wherever it runs.

use std::path::PathBuf;

use serde_json::Value;

use super::directory::Directory;
use crate::serve::client::{Answer, Client};

/// The directory of a daemon, and the ways to reach it.
pub(crate) struct Served {
    pub(crate) directory: Directory,
    /// The port of its TCP listener; 0 if there is none.
    pub(crate) port: u16,
}

impl Served {
    pub(super) const fn new(directory: Directory) -> Self {
        Self { directory, port: 0 }
    }

    pub(crate) fn tcp(&self) -> Client {
        Client::tcp(self.port)
    }

    pub(crate) fn unix(&self) -> Client {
        Client::unix(&self.socket())
    }

    /// What the admin plane answers to a request without a body.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Answer {
        let socket = self.directory.path().join("run/codeid.admin.sock");
        Client::unix(&socket).bare(method, path)
    }

    /// The status document.
    pub(crate) fn status(&self) -> Value {
        let answer = self.admin("GET", "/v1/status");
        assert_eq!(answer.status, 200);
        answer.json()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("codeid.sock")
    }
}
