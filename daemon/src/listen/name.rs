//! The listeners by their settings.

use std::path::{Path, absolute};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

/// A listener, whose name is that of its setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ListenerName {
    /// HTTP over TCP.
    #[serde(rename = "listen.http")]
    Http,
    /// HTTP over a Unix socket.
    #[serde(rename = "listen.unix")]
    Unix,
    /// RESP over a Unix socket.
    #[serde(rename = "listen.resp")]
    Resp,
    /// The admin plane over a Unix socket.
    #[serde(rename = "admin.unix")]
    Admin,
    /// The admin plane over TCP.
    #[serde(rename = "admin.http")]
    AdminHttp,
}

impl ListenerName {
    /// All listeners.
    pub(crate) const ALL: [Self; 5] = [
        Self::Http,
        Self::Unix,
        Self::Resp,
        Self::Admin,
        Self::AdminHttp,
    ];

    /// Returns the name of the setting.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            Self::Http => "listen.http",
            Self::Unix => "listen.unix",
            Self::Resp => "listen.resp",
            Self::Admin => "admin.unix",
            Self::AdminHttp => "admin.http",
        }
    }

    /// Returns the value of the setting: an address, or an absolute path. `None` if it is off, or its path is not
    /// UTF-8.
    pub(crate) fn value(self, settings: &Settings) -> Option<String> {
        let (listen, admin) = (&settings.listen, &settings.admin);
        match self {
            Self::Http => listen.http.map(|address| address.to_string()),
            Self::AdminHttp => admin.http.as_ref().map(|http| http.address.to_string()),
            Self::Unix | Self::Resp | Self::Admin => self.path(settings).and_then(absolute_text),
        }
    }

    /// Returns the path of a Unix socket, as the setting has it; `None` if it is off.
    pub(crate) fn path(self, settings: &Settings) -> Option<&Path> {
        match self {
            Self::Unix => settings.listen.unix.as_deref(),
            Self::Resp => settings.listen.resp.as_deref(),
            Self::Admin => settings.admin.unix.as_deref(),
            Self::Http | Self::AdminHttp => None,
        }
    }
}

fn absolute_text(path: &Path) -> Option<String> {
    absolute(path).ok()?.into_os_string().into_string().ok()
}
