//! The sockets of a running daemon, as its successor may take them.

use std::io;

use crate::admin::{AdminListeners, AdminSocket};
use crate::hand_over::{HandedSockets, OfferedSocket, SocketCopy};
use crate::listen::ListenerName;
use crate::serve::listeners::ServingListeners;
use crate::settings::Settings;

/// The open listening sockets of all listeners.
pub(super) struct Handed<'a> {
    /// The settings by which they were opened.
    pub(super) settings: &'a Settings,
    /// Those that serve; `None` once a drain has closed them.
    pub(super) serving: Option<&'a ServingListeners>,
    /// Those of the admin plane.
    pub(super) admin: Option<&'a AdminListeners>,
    /// The file of the admin plane's Unix socket.
    pub(super) admin_socket: Option<&'a AdminSocket>,
}

impl Handed<'_> {
    fn copy(&self, name: ListenerName) -> io::Result<Option<SocketCopy>> {
        // Without a value that can be compared, no successor could know whether the socket is its own.
        let Some(setting) = name.value(self.settings) else {
            return Ok(None);
        };
        let of_serving = self.serving.map(|serving| serving.copy(name)).transpose()?;
        let copy = match of_serving.flatten() {
            Some(copy) => Some(copy),
            None => self.copy_of_admin(name)?,
        };
        Ok(copy.map(|(socket, lock)| SocketCopy {
            offered: OfferedSocket {
                name,
                setting,
                has_lock: lock.is_some(),
            },
            descriptors: [Some(socket), lock].into_iter().flatten().collect(),
        }))
    }

    fn copy_of_admin(&self, name: ListenerName) -> io::Result<Option<SocketAndLock>> {
        let Some(socket) = self
            .admin
            .map(|admin| admin.copy(name))
            .transpose()?
            .flatten()
        else {
            return Ok(None);
        };
        let file = self.admin_socket.filter(|_| name == ListenerName::Admin);
        Ok(Some((
            socket,
            file.map(AdminSocket::copy_of_lock).transpose()?,
        )))
    }
}

/// A listening socket, and the lock beside its file if it has one.
type SocketAndLock = (std::os::fd::OwnedFd, Option<std::os::fd::OwnedFd>);

impl HandedSockets for Handed<'_> {
    fn copies(&self) -> io::Result<Vec<SocketCopy>> {
        let copies = ListenerName::ALL.into_iter().map(|name| self.copy(name));
        copies.filter_map(Result::transpose).collect()
    }

    fn pass(&self, names: &[ListenerName], is_passed: bool) {
        if let Some(serving) = self.serving {
            serving.pass(names, is_passed);
        }
        if let Some(file) = self
            .admin_socket
            .filter(|_| names.contains(&ListenerName::Admin))
        {
            file.pass(is_passed);
        }
    }
}
