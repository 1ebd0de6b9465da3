//! The daemon's life: open, serve, stop.
//!
//! ```text
//! accept (one thread) ──connection──▶ worker (one thread and runtime for each core)
//!                                       ├ http: read, answer, write
//!                                       └ resp: the same for Redis clients
//! control (one thread): the first table, reloading, the admin plane
//! ```
//!
//! `DESIGN.md` tells the limits and the order of stopping.

mod start_error;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codeid_engine::LiveTable;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::admin::{self, AdminListeners, AdminPlane};
use crate::api::status::ListenerAddresses;
use crate::budget::Budget;
use crate::listen::{ListenError, LiveCertificate, descriptors};
use crate::metrics::{Metrics, OpenConnection};
use crate::rules::Control;
use crate::rules::source::{RouteSources, open};
use crate::sdk_proxy::SdkProxy;
use crate::serve::accept::{OVERLOADED_CONNECTIONS, accept_all};
use crate::serve::listeners::Listeners;
use crate::serve::shared::Shared;
use crate::serve::tls::Handshakes;
use crate::serve::worker::{Accepted, Workers};
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};
use crate::telemetry;

pub use self::start_error::StartError;

/// How long a connection without a request is kept open while the daemon stops: a client that is
/// about to send its next request still gets an answer, which tells it to close.
const IDLE_GRACE: Duration = Duration::from_secs(1);

/// Why the daemon begins to stop, if no signal is the reason.
const DRAIN: &str = "drain";

/// How long the control thread may take to end once everything else has.
const CONTROL_PATIENCE: Duration = Duration::from_secs(1);

/// Runs the daemon until it is told to stop, by SIGTERM or SIGINT.
///
/// # Errors
///
/// [`StartError`] if it could not start.
pub fn serve(settings: &Settings) -> Result<ExitCode, StartError> {
    telemetry::start(settings.log);
    let sources = open::route_sources(settings)?;
    serve_with(settings, sources)
}

/// As [`serve`], with route configs from sources of the caller's own in place of those that the
/// settings name. What these do is awaited on one thread, which they must not block; a panic of
/// theirs is a failure of theirs.
///
/// # Errors
///
/// [`StartError`] if it could not start.
///
/// ```
/// use codeid_daemon::settings::{Settings, Sources};
/// use codeid_daemon::rules::source::{
///     BoxFuture, RemoteConfig, RemoteSource, Revision, RouteSources, RouteStore, SourceError,
/// };
///
/// /// A remote source that is down, and a store that forgets.
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
/// let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
/// let settings = Settings::read(&Sources {
///     set: vec![
///         set("ac.route.pull-route-config-url", "mine"),
///         set("ac.route.init-route-config-level", "LOCAL"),
///     ],
///     ..Sources::default()
/// })?;
/// let sources = RouteSources { remote: Some(Box::new(Mine)), store: Box::new(Mine) };
/// let error = codeid_daemon::run::serve_with(&settings, sources).unwrap_err();
/// assert_eq!(error.result_code(), "STORAGE_CONFIG_LOAD_FAILED");
/// # Ok::<(), codeid_daemon::run::StartError>(())
/// ```
pub fn serve_with(settings: &Settings, sources: RouteSources) -> Result<ExitCode, StartError> {
    telemetry::start(settings.log);
    let started = Instant::now();
    let budget = Arc::new(Budget::new(settings.http.max_buffered_bytes));
    // Signing takes a core whole. One core fewer than serve, so that a lookup finds one without it.
    let signing_threads = settings.worker_threads.saturating_sub(1).max(1);
    let start_proxy = |proxy| SdkProxy::start(proxy, signing_threads, &budget);
    let proxy = settings.proxy.as_ref().map(start_proxy).transpose()?;
    let live = Arc::new(LiveTable::counting(settings.worker_threads));
    let shutdown = Arc::new(Shutdown::default());
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the accepting thread"))?;
    runtime.block_on(async {
        let mut signals = Signals::listen().map_err(system("cannot listen for signals"))?;
        let (of_control, of_stop) = (Arc::clone(&live), Arc::clone(&shutdown));
        let mut control = Control::start(settings, sources, of_control, of_stop)
            .map_err(system("cannot start the control thread"))?;
        tokio::select! {
            first = control.first_table() => {
                first.map_err(|gone| system("cannot make a first route table")(io::Error::other(gone)))??;
            }
            signal = signals.next() => {
                control.stop_compiling();
                tracing::info!(signal, "stopping before the start was over");
                return Ok(ExitCode::SUCCESS);
            }
        }
        let certificate = open_certificate(settings)?;
        let listeners = Listeners::open(&settings.listen).await?;
        let admin = admin::open(&settings.admin).await?;
        // Each forwarded request may have a connection to the upstream and one to the login check.
        let forwarded = settings.proxy.as_ref().map_or(0, |p| 2 * p.max_in_flight);
        descriptors::raise_limit(
            settings.http.max_connections + OVERLOADED_CONNECTIONS + forwarded,
        );
        let metrics = Arc::new(Metrics::new(
            started,
            settings.worker_threads,
            Arc::clone(&live),
            Arc::clone(control.board()),
            Arc::clone(&shutdown),
            proxy.as_ref().map(|proxy| Arc::clone(proxy.figures())),
        ));
        let shared = Arc::new(Shared {
            proxy,
            live,
            metrics,
            board: Arc::clone(control.board()),
            limits: settings.http.clone(),
            resp: settings.resp.clone(),
            budget,
            shutdown,
        });
        let mut workers = Workers::start(settings.worker_threads, &shared)
            .map_err(system("cannot start the serving threads"))?;
        if let Some(certificate) = &certificate {
            let (of_handshakes, of_stop) = (Arc::clone(certificate), Arc::clone(&shared.shutdown));
            let patience = settings.http.header_timeout;
            workers = workers
                .behind_tls(|to| Handshakes::start(of_handshakes, patience, to, of_stop))
                .map_err(system("cannot start the thread of the handshakes"))?;
            follow_certificate(&control, settings, "certificate", certificate);
        }
        let listening = ListenerAddresses {
            http: listeners.http,
            unix: settings.listen.unix.as_deref().map(shown),
            resp: settings.listen.resp.as_deref().map(shown),
            admin: settings.admin.unix.as_deref().map(shown),
            admin_http: admin.as_ref().and_then(|(listeners, _)| listeners.http),
        };
        tell_serving(settings, &listening, &shared.live);
        warn_if_open_in_clear(&listening, certificate.is_some());
        let _socket = admin.map(|(listeners, socket)| {
            serve_admin(&control, settings, &shared, listeners, listening, started);
            socket
        });
        Ok(run(settings, listeners, workers, control, &shared.shutdown, &mut signals).await)
    })
}

/// Accepts and serves until told to stop, then drains.
async fn run(
    settings: &Settings,
    listeners: Listeners,
    workers: Workers,
    mut control: Control,
    shutdown: &Shutdown,
    signals: &mut Signals,
) -> ExitCode {
    // Each listener holds one permit while it waits for a connection.
    let waiting = listeners.count() - 1;
    let all = settings.http.max_connections + OVERLOADED_CONNECTIONS + waiting;
    let permits = Arc::new(Semaphore::new(all));
    let reason = tokio::select! {
        () = accept_all(listeners.tcp.as_ref(), &permits, &workers) => Err("a serving thread"),
        () = accept_all(listeners.unix.as_ref(), &permits, &workers) => Err("a serving thread"),
        () = accept_all(listeners.resp.as_ref(), &permits, &workers) => Err("a serving thread"),
        () = control.gone() => Err("the control thread"),
        signal = signals.next() => Ok(signal),
        () = shutdown.asked_to_drain() => Ok(DRAIN),
    };
    shutdown.enter(Stage::Drain);
    control.stop_compiling();
    match reason {
        Ok(DRAIN) => tracing::info!("draining, as an operator asked"),
        Ok(signal) => tracing::info!(signal, "stopping"),
        // A daemon that goes on without one of its threads is better started anew.
        Err(thread) => tracing::error!(thread, "stopping, since a thread has ended"),
    }
    for stream in listeners.close() {
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            // Without the worker the connection is closed, as it will be in any case.
            let _ = workers.serve(Accepted {
                counted: OpenConnection::count(workers.figures(), stream.listener(), false),
                stream,
                overloaded: false,
                permit,
            });
        }
    }
    if reason.is_ok_and(|reason| reason == DRAIN) {
        let drained = async {
            drain(Duration::MAX, &permits, all, shutdown).await;
            tracing::info!("drained; stop the daemon whenever that suits");
            std::future::pending().await
        };
        tokio::select! {
            () = drained => {}
            () = control.gone() => {}
            signal = signals.next() => tracing::info!(signal, "stopping"),
        }
    }
    let cut = tokio::select! {
        cut = drain(settings.drain_deadline, &permits, all, shutdown) => cut,
        signal = signals.next() => {
            tracing::warn!(signal, open = all - permits.available_permits(), "stopped at once");
            return ExitCode::FAILURE;
        }
    };
    shutdown.enter(Stage::Cut);
    workers.join();
    if timeout(CONTROL_PATIENCE, control.gone()).await.is_err() {
        tracing::warn!("stopped without the control thread, which does not end");
    }
    if cut == 0 {
        tracing::info!("stopped");
    } else {
        tracing::warn!(cut, "stopped, and cut connections that had not finished");
    }
    match reason {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Waits until all connections are closed, and tells how many are not by the deadline.
async fn drain(deadline: Duration, permits: &Semaphore, all: usize, shutdown: &Shutdown) -> usize {
    let everything = u32::try_from(all).unwrap_or(u32::MAX);
    let drained = async {
        if timeout(IDLE_GRACE, permits.acquire_many(everything))
            .await
            .is_err()
        {
            shutdown.enter(Stage::CloseIdle);
            // Only a closed semaphore refuses, and nobody closes it.
            let _ = permits.acquire_many(everything).await;
        }
    };
    match timeout(deadline, drained).await {
        Ok(()) => 0,
        Err(_) => all - permits.available_permits(),
    }
}

/// The certificate of the TCP listener, if it has one.
fn open_certificate(settings: &Settings) -> Result<Option<Arc<LiveCertificate>>, ListenError> {
    let files = settings.listen.tls.clone();
    let files = files.filter(|_| settings.listen.http.is_some());
    Ok(files.map(LiveCertificate::load).transpose()?.map(Arc::new))
}

fn follow_certificate(
    control: &Control,
    settings: &Settings,
    task: &'static str,
    certificate: &Arc<LiveCertificate>,
) {
    let (certificate, watch) = (Arc::clone(certificate), settings.watch);
    control.supervise(task, move || Arc::clone(&certificate).follow(watch));
}

fn serve_admin(
    control: &Control,
    settings: &Settings,
    shared: &Shared,
    listeners: AdminListeners,
    listening: ListenerAddresses,
    started: Instant,
) {
    let (operator, shutdown) = (control.operator().clone(), Arc::clone(&shared.shutdown));
    let metrics = Arc::clone(&shared.metrics);
    let plane = AdminPlane::new(operator, metrics, shutdown, listening, &listeners, started);
    if let Some((tokens, certificate)) = listeners.followed() {
        let watch = settings.watch;
        control.supervise("tokens", move || Arc::clone(&tokens).follow(watch));
        if let Some(certificate) = &certificate {
            follow_certificate(control, settings, "adminCertificate", certificate);
        }
    }
    let served = Arc::new((listeners, Arc::new(plane)));
    let over_tcp = Arc::clone(&served);
    control.supervise("admin", move || {
        let served = Arc::clone(&served);
        async move { tell_unserved(served.0.serve_unix(&served.1).await) }
    });
    control.supervise("adminHttp", move || {
        let served = Arc::clone(&over_tcp);
        async move { tell_unserved(served.0.serve_tcp(&served.1).await) }
    });
}

fn tell_unserved(outcome: io::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "the admin plane cannot be served");
    }
}

fn tell_serving(settings: &Settings, listening: &ListenerAddresses, live: &LiveTable) {
    let off = || "off".to_owned();
    live.with(|table| {
        // As `start` made sure of.
        let Some((table, provenance)) = table.and_then(|table| Some((table, table.provenance()?)))
        else {
            return;
        };
        tracing::info!(
            http = %listening.http.map_or_else(off, |address| address.to_string()),
            tls = settings.listen.tls.is_some(),
            unix = %listening.unix.clone().unwrap_or_else(off),
            resp = %listening.resp.clone().unwrap_or_else(off),
            admin = %listening.admin.clone().unwrap_or_else(off),
            admin_http = %listening.admin_http.map_or_else(off, |address| address.to_string()),
            proxy = settings.proxy.as_ref().map_or("off", |proxy| &proxy.upstream),
            workers = settings.worker_threads,
            level = %provenance.level,
            source = %provenance.uri,
            version = table.version(),
            rules = table.rule_count(),
            generation = %table.generation(),
            "serving"
        );
    });
}

fn warn_if_open_in_clear(listening: &ListenerAddresses, has_tls: bool) {
    let open = listening.http.filter(|address| {
        // 127.0.0.1 can be written as an address of IPv6, too.
        !has_tls && !address.ip().to_canonical().is_loopback()
    });
    if let Some(address) = open {
        tracing::warn!(
            http = %address,
            "listen.http is open to other machines, and without TLS: whoever is on the way can read \
             and change what is sent; set listen.tls-cert-path and listen.tls-key-path"
        );
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn system(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

/// The signals that stop the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next that arrives.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
