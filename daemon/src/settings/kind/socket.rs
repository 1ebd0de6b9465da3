//! Places to listen, each of which can be `off`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Kind, Shown, is_plain};

const OFF: &str = "off";

/// `ADDRESS:PORT`, or `off`, which is `None`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Address;

/// The path of a Unix socket, or `off`, which is `None`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Socket;

impl Kind for Address {
    type Value = Option<SocketAddr>;

    fn parse(&self, text: &str) -> Option<Option<SocketAddr>> {
        match text {
            OFF => Some(None),
            text => text.parse().ok().map(Some),
        }
    }

    fn show(&self, address: &Option<SocketAddr>) -> Shown {
        Shown::Text(address.map_or_else(|| OFF.to_owned(), |address| address.to_string()))
    }
}

impl Kind for Socket {
    type Value = Option<PathBuf>;

    fn parse(&self, text: &str) -> Option<Option<PathBuf>> {
        match text {
            OFF => Some(None),
            text => (is_plain(text) && !text.ends_with('/')).then(|| Some(text.into())),
        }
    }

    fn show(&self, path: &Option<PathBuf>) -> Shown {
        let text = path.as_ref().map(|path| path.display().to_string());
        Shown::Text(text.unwrap_or_else(|| OFF.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080, or off")
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path of a socket, or off")
    }
}
