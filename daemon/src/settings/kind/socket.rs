//! Places to listen, each of which can be `off`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Kind, OFF, Shown, is_plain};
use crate::uri::shown_path;

/// The most bytes of a socket's path: the address of a socket has room for no more.
pub(crate) const MAX_SOCKET_PATH_BYTES: usize = 107;

/// `ADDRESS:PORT`, or `off`, which is `None`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Address;

/// The path of a Unix socket, or `off`, which is `None`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Socket;

/// The path of a Unix socket that others have made.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct PeerSocket;

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
            text => is_socket_path(text).then(|| Some(text.into())),
        }
    }

    fn show(&self, path: &Option<PathBuf>) -> Shown {
        match path {
            None => Shown::text(&OFF),
            Some(path) => PeerSocket.show(path),
        }
    }
}

impl Kind for PeerSocket {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Option<PathBuf> {
        is_socket_path(text).then(|| text.into())
    }

    fn show(&self, path: &PathBuf) -> Shown {
        Shown::text(&shown_path(path))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080, or off")
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PeerSocket}, or off")
    }
}

impl fmt::Display for PeerSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the path of a socket, 1 to {MAX_SOCKET_PATH_BYTES} bytes without control characters and \
             not ending in /"
        )
    }
}

fn is_socket_path(text: &str) -> bool {
    is_plain(text) && text.len() <= MAX_SOCKET_PATH_BYTES && !text.ends_with('/')
}
