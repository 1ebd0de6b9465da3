//! The messages of a take-over.

use codeid_engine::{ConfigDigest, InitLevel};
use serde::{Deserialize, Serialize};

use crate::api::freeze::Freeze;
use crate::listen::ListenerName;

/// The name and the version of the protocol, as the headers `Upgrade` have it.
pub(crate) const PROTOCOL: &str = "codeid-take-over/1";

/// A message. Those of other versions may have further members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "camelCase")]
pub(crate) enum Message {
    /// The successor is there. Nothing is sent to it before, since descriptors would be lost with bytes that its
    /// reader of HTTP takes.
    Hello {
        /// The process of the successor.
        pid: u32,
    },
    /// The predecessor passes its listening sockets, whose descriptors come with the message.
    Offer(Offer),
    /// The successor could serve.
    Ready(Ready),
    /// The successor may serve, and the predecessor writes no file any more.
    Accepted,
    /// The predecessor goes on, and the successor must end.
    Refused {
        /// The reason, a sentence.
        reason: String,
    },
    /// The successor serves from now on, and the predecessor drains.
    Serving,
}

/// The listening sockets of the predecessor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    /// The process of the predecessor.
    pub(crate) pid: u32,
    /// The version of its program.
    pub(crate) version: String,
    /// The sockets, in the order of their descriptors.
    pub(crate) sockets: Vec<OfferedSocket>,
}

/// A listening socket. Its descriptor is followed by that of the lock beside its file, if it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedSocket {
    /// The listener.
    pub(crate) name: ListenerName,
    /// The value of its setting: an address, or an absolute path.
    pub(crate) setting: String,
    /// `true` if the predecessor has made the file of the socket, and holds the lock beside it.
    pub(crate) has_lock: bool,
}

/// The state of the successor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ready {
    /// The route config that it would serve.
    pub(crate) live: Live,
    /// The freeze that it has found.
    pub(crate) freeze: Option<Freeze>,
    /// The listeners whose sockets it has taken.
    pub(crate) taken: Vec<ListenerName>,
}

/// The identity of a live route config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Live {
    /// Its digest.
    pub(crate) sha256: ConfigDigest,
    /// The level of its source.
    pub(crate) level: InitLevel,
    /// Its version, which only people interpret.
    pub(crate) version: String,
    /// The time at which it was loaded, in milliseconds since the beginning of 1970, UTC.
    pub(crate) loaded_at: u64,
}
