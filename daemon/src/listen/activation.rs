//! Listening sockets from the service manager, as systemd's socket units pass them.

use std::env;
use std::io;
use std::os::fd::AsFd;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use thiserror::Error;

use super::error::ListenError;
use super::given::Listeners;
use crate::settings::Settings;

/// The names that a socket may have: those of the settings.
const NAMES: [&str; 5] = [
    "listen.http",
    "listen.unix",
    "listen.resp",
    "admin.unix",
    "admin.http",
];

/// The variable with the names of the sockets, separated by colons.
const NAMES_VARIABLE: &str = "LISTEN_FDNAMES";

/// The variable with the number of the sockets.
const COUNT_VARIABLE: &str = "LISTEN_FDS";

/// The first descriptor that systemd passes.
const FIRST_DESCRIPTOR: usize = 3;

/// The reason why a socket of the service manager cannot be served.
#[derive(Debug, Error, PartialEq, Eq)]
enum NotServed {
    #[error(
        "no listener has this name: set FileDescriptorName= in the socket unit to one of {}",
        NAMES.join(", ")
    )]
    UnknownName,
    #[error("two sockets have this name")]
    Twice,
    #[error("the setting is off, so the socket of this name would not be served")]
    Off,
    #[error("the socket of this name must be a {0} socket with connections (ListenStream=)")]
    WrongType(&'static str),
    #[error("the socket of this name does not listen: Accept= must be no")]
    NotListening,
    #[error("{COUNT_VARIABLE} does not announce one socket for each of these names")]
    WrongCount,
}

impl Listeners {
    /// Returns the sockets that the service manager has passed to this process, by their names; none if it
    /// has passed none.
    ///
    /// The variables `LISTEN_FDS` and `LISTEN_PID` are removed from the environment. Call it before any other
    /// thread is started, and once: a second call returns none.
    ///
    /// # Errors
    ///
    /// [`ListenError`] for the first socket whose name is not that of a listener or occurs twice, whose
    /// setting is `off`, or which is not a listening socket of the type that the listener needs.
    pub fn from_service_manager(settings: &Settings) -> Result<Self, ListenError> {
        let names = env::var(NAMES_VARIABLE).unwrap_or_default();
        let announced = env::var(COUNT_VARIABLE).ok();
        let announced = announced.and_then(|count| count.parse::<usize>().ok());
        let names: Vec<&str> = names.split(':').collect();
        if announced.is_some_and(|count| count > 0 && count != names.len()) && is_for_this_process()
        {
            return Err(refused(
                NAMES_VARIABLE,
                &names.join(":"),
                NotServed::WrongCount,
            ));
        }
        let mut sockets = ListenFd::from_env();
        let mut listeners = Self::default();
        for (index, name) in names.into_iter().enumerate().take(sockets.len()) {
            listeners.take(&mut sockets, index, name, settings)?;
        }
        Ok(listeners)
    }

    fn take(
        &mut self,
        sockets: &mut ListenFd,
        index: usize,
        name: &str,
        settings: &Settings,
    ) -> Result<(), ListenError> {
        let (listen, admin) = (&settings.listen, &settings.admin);
        let tcp = |sockets: &mut ListenFd| sockets.take_tcp_listener(index);
        let unix = |sockets: &mut ListenFd| sockets.take_unix_listener(index);
        let taken = match name {
            "listen.http" => take_as("TCP", &mut self.http, listen.http.is_some(), || {
                tcp(sockets)
            }),
            "listen.unix" => take_as("Unix", &mut self.unix, listen.unix.is_some(), || {
                unix(sockets)
            }),
            "listen.resp" => take_as("Unix", &mut self.resp, listen.resp.is_some(), || {
                unix(sockets)
            }),
            "admin.unix" => take_as("Unix", &mut self.admin, admin.unix.is_some(), || {
                unix(sockets)
            }),
            "admin.http" => take_as("TCP", &mut self.admin_http, admin.http.is_some(), || {
                tcp(sockets)
            }),
            _ => Err(NotServed::UnknownName),
        };
        let descriptor = format!("(descriptor {})", FIRST_DESCRIPTOR + index);
        taken.map_err(|why| match why {
            NotServed::UnknownName => refused(NAMES_VARIABLE, name, why),
            why => ListenError::new(name, descriptor, why),
        })
    }
}

/// Takes a socket for the listener whose place is `to`, which is served if `is_on`.
fn take_as<L: AsFd>(
    family: &'static str,
    to: &mut Option<L>,
    is_on: bool,
    take: impl FnOnce() -> io::Result<Option<L>>,
) -> Result<(), NotServed> {
    if to.is_some() {
        return Err(NotServed::Twice);
    }
    if !is_on {
        return Err(NotServed::Off);
    }
    let Ok(Some(listener)) = take() else {
        return Err(NotServed::WrongType(family));
    };
    if !socket_acceptconn(&listener).unwrap_or(false) {
        return Err(NotServed::NotListening);
    }
    *to = Some(listener);
    Ok(())
}

/// Returns `true` unless the variables are those of another process, from which this one has inherited them.
fn is_for_this_process() -> bool {
    // As in listenfd, an absent variable names no other process.
    env::var("LISTEN_PID").map_or(true, |pid| {
        pid.is_empty() || pid == std::process::id().to_string()
    })
}

/// Returns the error that names a variable and a name in it.
fn refused(variable: &str, name: &str, why: NotServed) -> ListenError {
    ListenError::new(variable, name.escape_debug(), why)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_socket_is_taken_only_for_a_listener_that_is_on_and_has_none() {
        let socket = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(Some);
        let mut http = None;
        assert_eq!(
            take_as("TCP", &mut http, false, socket),
            Err(NotServed::Off)
        );
        assert_eq!(take_as("TCP", &mut http, true, socket), Ok(()));
        assert_eq!(
            take_as("TCP", &mut http, true, socket),
            Err(NotServed::Twice)
        );
        let mut unix = None::<UnixListener>;
        assert_eq!(
            take_as("Unix", &mut unix, true, || Ok(None)),
            Err(NotServed::WrongType("Unix"))
        );
    }
}
