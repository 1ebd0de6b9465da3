//! The Redis protocol on its socket.

pub(crate) mod client;
mod commands;
mod handshakes;
mod help;
mod hostile;
mod identify;
mod json;
mod memory;
mod pipelines;
mod real_clients;
mod shutdown;
mod transactions;

use std::path::PathBuf;

use self::client::RespClient;
use crate::serve::daemon::Served;

impl Served {
    /// Returns the path of the socket for Redis clients.
    pub(crate) fn resp_socket(&self) -> PathBuf {
        self.directory.path().join("run/codeid.resp.sock")
    }

    pub(crate) fn resp(&self) -> RespClient {
        RespClient::connect(&self.resp_socket())
    }

    pub(crate) fn resp3(&self) -> RespClient {
        RespClient::connect_resp3(&self.resp_socket())
    }
}
