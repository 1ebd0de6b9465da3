//! The listeners that a start opens. A free address is opened for a moment, since only the system
//! knows whether it may be; one that the running daemon holds is left alone.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde::Deserialize;

use super::report::{Kind, Outcome, Report};
use crate::admin;
use crate::api::status::ListenerAddresses;
use crate::listen::ListenError;
use crate::listen::tcp::{TcpError, open_tcp};
use crate::serve::listeners;
use crate::settings::Settings;
use crate::uri::shown_path;

/// A daemon that runs with the same admin socket, as its status document describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct RunningDaemon {
    /// The ID of its process.
    pub pid: u32,
    /// The addresses that it listens on.
    pub listeners: ListenerAddresses,
}

/// Tries every listener that the settings name.
pub(super) async fn rehearse(
    settings: &Settings,
    running: Option<&RunningDaemon>,
    report: &mut Report,
) {
    if let Some(running) = running {
        let text = format!(
            "a daemon runs as process {}, and would be replaced",
            running.pid
        );
        report.good(Kind::Listener, text);
    }
    tcp(settings, running, report);
    let unix = |of: fn(&RunningDaemon) -> &Option<String>| running.and_then(|r| of(r).as_deref());
    let listen = &settings.listen;
    for (setting, path, held) in [
        ("listen.unix", &listen.unix, unix(|r| &r.listeners.unix)),
        ("listen.resp", &listen.resp, unix(|r| &r.listeners.resp)),
    ] {
        let Some(path) = path else { continue };
        let is_ours = holds(held, path);
        let rehearsed = listeners::rehearse_unix(setting, path, listen, is_ours).await;
        socket(setting, path, is_ours, rehearsed, report);
    }
    if let Some(path) = &settings.admin.unix {
        let is_ours = holds(unix(|r| &r.listeners.admin), path);
        let rehearsed = admin::rehearse_unix(path, is_ours).await;
        socket("admin.unix", path, is_ours, rehearsed, report);
    }
}

/// Returns `true` if the running daemon serves the socket at `path`. Both texts are as the settings have them:
/// the daemon was found by a path that is relative to the same directory, or absolute.
fn holds(held: Option<&str>, path: &Path) -> bool {
    held.is_some_and(|held| held == shown_path(path).to_string())
}

fn socket(
    setting: &str,
    path: &Path,
    is_ours: bool,
    rehearsed: Result<(), ListenError>,
    report: &mut Report,
) {
    match rehearsed {
        Ok(()) => {
            let held = if is_ours {
                ", which the running daemon serves"
            } else {
                ""
            };
            report.good(
                Kind::Listener,
                format!("{setting} {}{held}", shown_path(path)),
            );
        }
        Err(error) => report.problem(Kind::Listener, &error),
    }
}

fn tcp(settings: &Settings, running: Option<&RunningDaemon>, report: &mut Report) {
    let backlog = settings.listen.backlog;
    let addresses = [
        ("listen.http", settings.listen.http),
        (
            "admin.http",
            settings.admin.http.as_ref().map(|http| http.address),
        ),
    ];
    // All of them at once, as the daemon has them: two settings may have the same address.
    let mut open = Vec::new();
    for (setting, address) in addresses {
        let Some(address) = address else { continue };
        match open_tcp(address, backlog, None) {
            Ok(listener) => {
                open.push(listener);
                report.good(Kind::Listener, format!("{setting} {address}"));
            }
            Err(TcpError::InUse { .. }) if running.is_some_and(|r| is_in_the_way(r, address)) => {
                let text = format!("{setting} {address}, which the running daemon serves");
                report.good(Kind::Listener, text);
            }
            Err(error) => {
                report.problem(Kind::Listener, &ListenError::new(setting, address, error));
            }
        }
    }
    if let [("listen.http", Some(http)), (_, Some(admin))] = addresses
        && http == admin
        && http.port() != 0
        && open.is_empty()
    {
        let text = format!("listen.http and admin.http must not be the same address, {http}");
        report.add(Kind::Listener, Outcome::Problem, text);
    }
}

/// Returns `true` if the running daemon listens on this address, or on one that the system takes for the same.
fn is_in_the_way(running: &RunningDaemon, address: SocketAddr) -> bool {
    let any = |ip: IpAddr| ip.is_unspecified();
    let held = [running.listeners.http, running.listeners.admin_http];
    held.into_iter().flatten().any(|held| {
        held.port() == address.port()
            && (held.ip() == address.ip() || any(held.ip()) || any(address.ip()))
    })
}
