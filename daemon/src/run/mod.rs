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
mod lame_duck;
mod stop;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codeid_engine::LiveTable;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use self::announce::{log_serving, warn_if_drain_is_short, warn_if_open_in_clear};
use self::connection_limits::Limits;
use self::lame_duck::Reason;
use crate::admin::{self, AdminListeners};
use crate::api::status::ListenerAddresses;
use crate::audit::AuditLog;
use crate::budget::{Budget, Share};
use crate::clock::Clock;
use crate::faults;
use crate::listen::peer::Peer;
use crate::listen::{ListenError, Listeners, LiveCertificate};
use crate::metrics::{Metrics, Task};
use crate::rules::Control;
use crate::rules::source::RouteSources;
use crate::sdk_proxy::SdkProxy;
use crate::serve::accept::accept_all;
use crate::serve::accepted::Accepted;
use crate::serve::admission::Admission;
use crate::serve::listeners::ServingListeners;
use crate::serve::shared::Shared;
use crate::serve::tls::Handshakes;
use crate::serve::worker::Workers;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};

pub use self::error::StartError;
pub use self::stop::{StopHandle, StopRequests};

/// The pause after which the admin plane is served again, if it could not be.
const ADMIN_PAUSE: Duration = Duration::from_millis(500);

/// The time that the control thread has to end once everything else has ended.
const CONTROL_PATIENCE: Duration = Duration::from_secs(1);

/// The end of a daemon that had started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// It was asked to stop, and did. Connections that were open at the drain deadline were cut.
    Stopped,
    /// It was asked a second time while it drained, and ended at once.
    StoppedAtOnce,
    /// One of its threads had ended, so it stopped on its own account.
    ThreadEnded,
}

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
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the accepting thread"))?;
    runtime.block_on(async {
        let mut stop = stop.listen().map_err(system("cannot listen for signals"))?;
        let starting = Running::start(settings, listeners, sources, clock, &mut stop);
        match starting.await? {
            Some(running) => Ok(running.serve(settings, &mut stop).await),
            None => Ok(Ended::Stopped),
        }
    })
}

/// The parts of a daemon that serves.
struct Running {
    listeners: ServingListeners,
    admission: Arc<Admission>,
    workers: Workers,
    control: Control,
    shutdown: Arc<Shutdown>,
    /// Removes the file of the admin plane's socket.
    _admin_socket: Option<admin::AdminSocket>,
    audit: Option<AuditLog>,
}

impl Running {
    /// Starts everything, in the order in which a failure costs least: nothing listens before there
    /// is a route table. Returns `None` if it was asked to stop before that.
    async fn start(
        settings: &Settings,
        mut listeners: Listeners,
        sources: RouteSources,
        clock: Clock,
        stop: &mut stop::Listening,
    ) -> Result<Option<Self>, StartError> {
        let (started, started_at) = (Instant::now(), clock.now());
        let budget = Arc::new(Budget::new(settings.memory.max_bytes));
        // A signature occupies a core. One core fewer than serve, so that a lookup finds a free one.
        let signing_threads = settings.worker_threads.saturating_sub(1).max(1);
        let start_proxy = |proxy| SdkProxy::open(proxy, signing_threads, &budget, &clock);
        let proxy = settings.proxy.as_ref().map(start_proxy).transpose()?;
        let live = Arc::new(LiveTable::with_counts(settings.worker_threads));
        let shutdown = Arc::new(Shutdown::new(clock.clone()));
        let (table, stages) = (Arc::clone(&live), Arc::clone(&shutdown));
        let mut control = Control::start(settings, sources, table, stages, &clock)
            .map_err(system("cannot start the control thread"))?;
        tokio::select! {
            first = control.first_table() => {
                first.map_err(|gone| system("cannot make a first route table")(io::Error::other(gone)))??;
            }
            signal = stop.next() => {
                control.stop_compiling();
                tracing::info!(signal, "stopping before the start was over");
                return Ok(None);
            }
        }

        let certificate = open_certificate(settings)?;
        let serving = ServingListeners::open(&mut listeners, &settings.listen).await?;
        let admin = admin::open(&mut listeners, &settings.admin, clock.clone()).await?;

        let metrics = Arc::new(Metrics::new(
            clock.clone(),
            (started, started_at),
            settings.worker_threads,
            Arc::clone(&live),
            proxy.as_ref().map(|proxy| Arc::clone(proxy.figures())),
        ));
        let shared = Arc::new(Shared {
            proxy,
            live,
            metrics,
            status: Arc::clone(control.status()),
            limits: settings.http.clone(),
            resp: settings.resp.clone(),
            budget,
            shutdown: Arc::clone(&shutdown),
            clock,
        });
        let workers = start_workers(settings, &shared, certificate.as_ref())?;
        // Last, so that everything else has its descriptors.
        let limits = Limits::new(settings, &serving, admin.as_ref().map(|(admin, _)| admin));
        if let Some(proxy) = &shared.proxy {
            proxy.limit_in_flight(limits.in_flight);
        }
        let figures = Arc::clone(shared.metrics.connections());
        let admission = Admission::new(limits.serving, serving.count(), figures);
        if let Some(certificate) = &certificate {
            follow_certificate(&control, settings, Task::Certificate, certificate);
        }

        let listening = ListenerAddresses {
            http: serving.http,
            unix: settings.listen.unix.as_deref().map(shown),
            resp: settings.listen.resp.as_deref().map(shown),
            admin: settings.admin.unix.as_deref().map(shown),
            admin_http: admin.as_ref().and_then(|(listeners, _)| listeners.http),
        };
        faults::begin_to_serve();
        log_serving(settings, &listening, &shared.live);
        warn_if_open_in_clear(&listening, certificate.is_some());
        warn_if_drain_is_short(settings);
        let audit = admin.as_ref().map(|(listeners, _)| listeners.audit.clone());
        let admin_socket = admin.and_then(|(listeners, socket)| {
            let listeners = listeners.within(limits.admin);
            serve_admin(&control, settings, &shared, listeners, listening, started);
            socket
        });
        Ok(Some(Self {
            listeners: serving,
            admission: Arc::new(admission),
            workers,
            control,
            shutdown,
            _admin_socket: admin_socket,
            audit,
        }))
    }

    /// Accepts and serves until asked to stop, then drains.
    async fn serve(self, settings: &Settings, stop: &mut stop::Listening) -> Ended {
        let Self {
            listeners,
            admission,
            workers,
            mut control,
            shutdown,
            _admin_socket,
            audit,
        } = self;
        let accept = |listener| accept_all(listener, &admission, &workers);
        let reason = tokio::select! {
            () = accept(listeners.tcp.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = accept(listeners.unix.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = accept(listeners.resp.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = control.gone() => Reason::ThreadEnded("the control thread"),
            never = admission.log_refusals() => match never {},
            reason = lame_duck::end(settings.lame_duck, &shutdown, stop) => reason,
        };
        if let Reason::AskedTwice(signal) = reason {
            // Clients that wait to be accepted are closed with the others.
            drop(listeners.close());
            return stop_at_once(signal, &admission, &control, &shutdown);
        }
        if !shutdown.reached(Stage::Drain) {
            shutdown.drain_now();
        }
        control.stop_compiling();
        match reason {
            Reason::Drain => tracing::info!("draining, as an operator asked"),
            Reason::Asked(signal) | Reason::AskedTwice(signal) => {
                tracing::info!(signal, "stopping");
            }
            // Without one of its threads a daemon serves worse than its successor would.
            Reason::ThreadEnded(thread) => {
                tracing::error!(thread, "stopping, since a thread has ended");
            }
        }
        serve_waiting(listeners, &admission, &workers);
        admission.log_sums();

        if matches!(reason, Reason::Drain) {
            let drained = async {
                admission.drain(Duration::MAX).await;
                tracing::info!("drained; the daemon can be stopped");
                std::future::pending().await
            };
            tokio::select! {
                () = drained => {}
                () = control.gone() => {}
                signal = stop.next() => tracing::info!(signal, "stopping"),
            }
        }
        let cut = tokio::select! {
            cut = admission.drain(settings.drain_deadline) => cut,
            signal = stop.next() => return stop_at_once(signal, &admission, &control, &shutdown),
        };
        shutdown.enter(Stage::Cut);
        workers.join();
        if timeout(CONTROL_PATIENCE, control.gone()).await.is_err() {
            tracing::warn!("stopped without the control thread, which does not end");
        }
        if let Some(audit) = audit {
            audit.flush().await;
        }
        if cut == 0 {
            tracing::info!("stopped");
        } else {
            tracing::warn!(cut, "stopped, and cut connections that had not finished");
        }
        match reason {
            Reason::ThreadEnded(_) => Ended::ThreadEnded,
            Reason::Asked(_) | Reason::Drain => Ended::Stopped,
            Reason::AskedTwice(_) => Ended::StoppedAtOnce,
        }
    }
}

/// Cuts everything. The threads are not waited for, but they end all the same.
fn stop_at_once(
    signal: &'static str,
    admission: &Admission,
    control: &Control,
    shutdown: &Shutdown,
) -> Ended {
    tracing::warn!(signal, open = admission.open(), "stopped at once");
    control.stop_compiling();
    if !shutdown.reached(Stage::Drain) {
        shutdown.drain_now();
    }
    shutdown.enter(Stage::Cut);
    Ended::StoppedAtOnce
}

/// Closes the listeners and serves the connections that were waiting to be accepted.
fn serve_waiting(listeners: ServingListeners, admission: &Arc<Admission>, workers: &Workers) {
    for stream in listeners.close() {
        if let Some(place) = admission.admit(stream.listener(), Peer::Unknown, true) {
            // Without the worker the connection is closed, as it will be in any case.
            let share = workers.reserve(&stream).unwrap_or(Share::NONE);
            let _ = workers.serve(Accepted {
                stream,
                place,
                share,
            });
        }
    }
}

/// Reads the certificate of the TCP listener, if it has one.
fn open_certificate(settings: &Settings) -> Result<Option<Arc<LiveCertificate>>, ListenError> {
    let files = settings.listen.tls.clone();
    let files = files.filter(|_| settings.listen.http.is_some());
    Ok(files.map(LiveCertificate::load).transpose()?.map(Arc::new))
}

fn start_workers(
    settings: &Settings,
    shared: &Arc<Shared>,
    certificate: Option<&Arc<LiveCertificate>>,
) -> Result<Workers, StartError> {
    let workers = Workers::start(settings.worker_threads, shared)
        .map_err(system("cannot start the serving threads"))?;
    let Some(certificate) = certificate else {
        return Ok(workers);
    };
    let (certificate, shutdown) = (Arc::clone(certificate), Arc::clone(&shared.shutdown));
    let patience = settings.http.header_timeout;
    workers
        .behind_tls(|to| Handshakes::start(certificate, patience, to, shutdown))
        .map_err(system("cannot start the thread of the handshakes"))
}

fn follow_certificate(
    control: &Control,
    settings: &Settings,
    task: Task,
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
    let plane = listeners.plane(operator, metrics, shutdown, listening, started);
    if let Some((tokens, certificate)) = listeners.followed() {
        let watch = settings.watch;
        control.supervise(Task::Tokens, move || Arc::clone(&tokens).follow(watch));
        if let Some(certificate) = &certificate {
            follow_certificate(control, settings, Task::AdminCertificate, certificate);
        }
    }
    let audit = listeners.audit.clone();
    control.supervise(Task::Audit, move || audit.clone().follow_refusals());
    let served = Arc::new((listeners, Arc::new(plane)));
    let over_tcp = Arc::clone(&served);
    control.supervise(Task::Admin, move || {
        let served = Arc::clone(&served);
        async move {
            while let Err(error) = served.0.serve_unix(&served.1).await {
                wait_to_serve(Task::Admin, &error).await;
            }
        }
    });
    control.supervise(Task::AdminHttp, move || {
        let served = Arc::clone(&over_tcp);
        async move {
            while let Err(error) = served.0.serve_tcp(&served.1).await {
                wait_to_serve(Task::AdminHttp, &error).await;
            }
        }
    });
}

/// Counts and logs the failure of a task of the admin plane, and waits until it is worth another try.
async fn wait_to_serve(task: Task, error: &io::Error) {
    task.count_fault();
    tracing::error!(%error, task = task.name(), "the admin plane cannot be served now");
    sleep(ADMIN_PAUSE).await;
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn system(what: &'static str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}
