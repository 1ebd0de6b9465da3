//! The daemon's life: open, serve, stop.
//!
//! ```text
//! accept (one thread) ──connection──▶ worker (one thread and runtime for each core)
//!                                       ├ http: read, respond, write
//!                                       └ resp: the same for Redis clients
//! control (one thread): the first table, reloading, the admin plane
//! ```
//!
//! This is the only module that knows all parts. `DESIGN.md` lists the limits and the order of
//! stopping.

mod announce;
mod connection_limits;
mod error;
mod handed;
mod lame_duck;
mod running;
mod serve_admin;
mod service_status;
mod start;
mod stop;
mod watchdog;

use tokio::runtime::Builder;

use self::error::system;
use self::start::start;
use crate::clock::Clock;
use crate::hand_over::{Predecessor, TakeOverError};
use crate::listen::{GivenSockets, Listeners};
use crate::rules::source::RouteSources;
use crate::settings::Settings;

pub use self::error::StartError;
pub use self::running::Ended;
pub use self::stop::{StopHandle, StopRequests};

/// Runs a daemon until it is asked to stop. The calling thread accepts connections.
///
/// `sources` is where route configs come from; [`RouteSources::from_settings`] gives those that the
/// settings name. They are awaited on one thread, which they must not block; a panic of a source
/// counts as its failure. [`Clock`] says which times `clock` gives. The caller decides about
/// logging: the daemon emits `tracing` events.
///
/// # Errors
///
/// [`StartError`] if it could not start.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{TcpListener, TcpStream};
/// use std::thread;
///
/// use codeid_daemon::clock::Clock;
/// use codeid_daemon::listen::Listeners;
/// use codeid_daemon::rules::source::{
///     BoxFuture, RemoteConfig, RemoteSource, Revision, RouteSources, RouteStore, SourceError,
/// };
/// use codeid_daemon::run::{Ended, StopRequests, run};
/// use codeid_daemon::settings::{Settings, Sources};
///
/// /// A remote source that is down, and a store that is empty.
/// struct Mine;
///
/// impl RemoteSource for Mine {
///     fn read_route_config_from_remote<'a>(
///         &'a self,
///         uri: &'a str,
///         _: Option<&'a Revision>,
///     ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>> {
///         Box::pin(async move { Err(SourceError::new(format!("{uri} is down"))) })
///     }
/// }
///
/// impl RouteStore for Mine {
///     fn save_route_config_to_local<'a>(
///         &'a self,
///         _: &'a str,
///     ) -> BoxFuture<'a, Result<(), SourceError>> {
///         Box::pin(async { Ok(()) })
///     }
///
///     fn read_route_config_from_local(
///         &self,
///     ) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
///         Box::pin(async { Ok(None) })
///     }
/// }
///
/// # let journal = std::env::temp_dir().join(format!("codeid-journal-{}", std::process::id()));
/// let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
/// let settings = Settings::read(&Sources {
///     set: vec![
///         set("ac.route.pull-route-config-url", "mine"),
///         set("listen.unix", "off"),
///         set("listen.resp", "off"),
///         set("admin.unix", "off"),
/// #       set("reload.journal-path", &journal.display().to_string()),
///     ],
///     ..Sources::default()
/// })?;
/// let http = TcpListener::bind("127.0.0.1:0")?;
/// let address = http.local_addr()?;
/// let listeners = Listeners { http: Some(http), ..Listeners::default() };
/// let sources = RouteSources { remote: Some(Box::new(Mine)), store: Box::new(Mine) };
/// let (handle, stop) = StopRequests::with_handle();
/// let daemon =
///     thread::spawn(move || run(&settings, listeners, sources, Clock::system(), stop));
///
/// let mut client = TcpStream::connect(address)?;
/// client.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 200 OK\r\n"));
///
/// handle.stop();
/// assert_eq!(daemon.join().unwrap()?, Ended::Stopped);
/// # let _ = std::fs::remove_file(journal);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(
    settings: &Settings,
    listeners: Listeners,
    sources: RouteSources,
    clock: Clock,
    stop: StopRequests,
) -> Result<Ended, StartError> {
    run_as(settings, listeners, sources, clock, stop, Role::Alone)
}

/// Like [`run`], in place of the daemon that runs with the same `admin.unix`, if one does: takes its listening sockets
/// over, as far as `listeners` has none and the settings are the same, and has it drain once this one can serve.
///
/// # Errors
///
/// [`StartError`] if it could not start, or the other daemon has not accepted it. That one then goes on.
pub fn take_over(
    settings: &Settings,
    listeners: Listeners,
    sources: RouteSources,
    clock: Clock,
    stop: StopRequests,
) -> Result<Ended, StartError> {
    run_as(settings, listeners, sources, clock, stop, Role::Successor)
}

/// The relation of a daemon to one that runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// None runs.
    Alone,
    /// It replaces the one that runs, if one does.
    Successor,
}

fn run_as(
    settings: &Settings,
    listeners: Listeners,
    sources: RouteSources,
    clock: Clock,
    stop: StopRequests,
    role: Role,
) -> Result<Ended, StartError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the accepting thread"))?;
    runtime.block_on(async {
        let mut stop = stop.listen().map_err(system("cannot listen for signals"))?;
        let predecessor = match role {
            Role::Alone => None,
            Role::Successor => tokio::select! {
                found = find_predecessor(settings) => found?,
                signal = stop.next() => {
                    tracing::info!(signal, "stopping before the start was over");
                    return Ok(Ended::Stopped);
                }
            },
        };
        let given = (GivenSockets::from(listeners), predecessor);
        let starting = start(settings, given, sources, clock, &mut stop);
        match starting.await? {
            Some(running) => Ok(running.serve(settings, &mut stop).await),
            None => Ok(Ended::Stopped),
        }
    })
}

/// Asks the running daemon for its sockets. Returns `None` if none runs.
async fn find_predecessor(settings: &Settings) -> Result<Option<Predecessor>, TakeOverError> {
    let predecessor = Predecessor::ask(settings).await?;
    match &predecessor {
        Some(predecessor) => {
            let (pid, version) = predecessor.identity();
            tracing::info!(pid, version, "taking over from the running daemon");
        }
        None => tracing::info!("no daemon runs from which to take over: an ordinary start"),
    }
    Ok(predecessor)
}
