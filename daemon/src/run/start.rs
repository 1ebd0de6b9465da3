//! The start of a daemon, in the order in which a failure costs least.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use codeid_engine::LiveTable;
use tokio::runtime::Handle;

use super::announce::{log_serving, warn_if_drain_is_short, warn_if_open_in_clear};
use super::connection_limits::Limits;
use super::error::{StartError, system};
use super::running::{Running, RunningAdmin};
use super::serve_admin::{follow_certificate, serve_admin};
use super::service_status::{self, extend_start};
use super::stop;
use super::watchdog::{self, Watched};
use crate::admin::{self, TakeOvers};
use crate::api::status::ListenerAddresses;
use crate::audit::AuditLog;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::decisions::Decisions;
use crate::faults;
use crate::hand_over::{Predecessor, Ready, desk};
use crate::listen::{GivenSockets, ListenError, LiveCertificate};
use crate::metrics::{ByListener, Metrics, Task};
use crate::rules::Control;
use crate::rules::handing_over;
use crate::rules::source::RouteSources;
use crate::sdk_proxy::SdkProxy;
use crate::serve::admission::Admission;
use crate::serve::listeners::ServingListeners;
use crate::serve::shared::Shared;
use crate::serve::tls::Handshakes;
use crate::serve::worker::Workers;
use crate::service_manager;
use crate::settings::Settings;
use crate::shutdown::Shutdown;

/// Starts everything, in the order in which a failure costs least: nothing listens before there
/// is a route table. Returns `None` if it was asked to stop before that.
///
/// # Errors
///
/// A [`StartError`] with the first part that cannot be started.
pub(super) async fn start(
    settings: &Settings,
    (mut given, mut predecessor): (GivenSockets, Option<Predecessor>),
    sources: RouteSources,
    clock: Clock,
    stop: &mut stop::Listening,
) -> Result<Option<Running>, StartError> {
    let (started, started_at) = (Instant::now(), clock.now());
    let [http, unix, resp, of_proxy] = Budget::parts(settings.memory.max_bytes);
    // A signature occupies a core. One core fewer than serve, so that a lookup finds a free one.
    let signing_threads = settings.worker_threads.saturating_sub(1).max(1);
    let start_proxy = |proxy| SdkProxy::open(proxy, signing_threads, &of_proxy, &clock);
    let proxy = settings.proxy.as_ref().map(start_proxy).transpose()?;
    let (log, workers) = (settings.decision_log.as_ref(), settings.worker_threads);
    let decisions = Decisions::open(log, workers, clock.clone())?;
    let live = Arc::new(LiveTable::with_counts(settings.worker_threads));
    let shutdown = Arc::new(Shutdown::new(clock.clone()));
    let (table, stages) = (Arc::clone(&live), Arc::clone(&shutdown));
    let mut control = Control::start(
        settings,
        sources,
        table,
        stages,
        &clock,
        predecessor.is_some(),
    )
    .map_err(system("cannot start the control thread"))?;
    tokio::select! {
        first = control.first_table() => {
            first.map_err(|gone| system("cannot make a first route table")(io::Error::other(gone)))??;
        }
        never = extend_start() => match never {},
        signal = stop.next() => {
            // The service goes on if another process is it.
            if predecessor.is_none() {
                service_manager::stopping();
            }
            control.stop_compiling();
            tracing::info!(signal, "stopping before the start was over");
            return Ok(None);
        }
    }

    let certificate = open_certificate(settings)?;
    if let Some(predecessor) = &mut predecessor {
        predecessor.give(&mut given, settings)?;
    }
    let serving = ServingListeners::open(&mut given, &settings.listen).await?;
    let admin = admin::open(
        &mut given,
        &settings.admin,
        clock.clone(),
        predecessor.is_some(),
    );
    let admin = admin.await?;

    let metrics = Arc::new(Metrics::new(
        clock.clone(),
        (started, started_at),
        settings.worker_threads,
        Arc::clone(&live),
        proxy.as_ref().map(|proxy| Arc::clone(proxy.figures())),
        Arc::clone(decisions.figures()),
    ));
    let writer = decisions.clone();
    control.supervise(Task::Decisions, move || writer.clone().follow());
    let shared = Arc::new(Shared {
        proxy,
        live,
        metrics,
        status: Arc::clone(control.status()),
        limits: settings.http.clone(),
        resp: settings.resp.clone(),
        budgets: ByListener { http, unix, resp },
        shutdown: Arc::clone(&shutdown),
        decisions: decisions.clone(),
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
        unix: serving.unix_address.clone(),
        resp: serving.resp_address.clone(),
        admin: (admin.as_ref()).and_then(|(listeners, _)| listeners.unix_address.clone()),
        admin_http: admin.as_ref().and_then(|(listeners, _)| listeners.http),
    };
    let audit = admin.as_ref().map(|(listeners, _)| listeners.audit.clone());
    watch_threads(&control, &workers, &shutdown)?;
    if let Some(predecessor) = predecessor {
        let replaced = replace(predecessor, &control, audit.as_ref(), settings, stop);
        if let Err(signal) = replaced.await? {
            tracing::info!(signal, "stopping before the running daemon was replaced");
            return Ok(None);
        }
    }
    faults::begin_to_serve();
    log_serving(settings, &listening, &shared.live);
    warn_if_open_in_clear(&listening, certificate.is_some());
    warn_if_drain_is_short(settings);
    let (desk, orders) = desk();
    let admin = admin.map(|(listeners, socket)| {
        let listeners = Arc::new(listeners.within(limits.admin));
        let take_overs = TakeOvers::new(desk, settings.take_over_deadline);
        let served = (Arc::clone(&listeners), take_overs);
        let end = serve_admin(
            &control,
            settings,
            &shared,
            served,
            listening,
            started,
            certificate.as_ref(),
        );
        RunningAdmin {
            listeners,
            socket,
            end,
        }
    });
    report_to_service_manager(&control, &shutdown);
    Ok(Some(Running {
        listeners: serving,
        admission: Arc::new(admission),
        workers,
        control,
        shutdown,
        admin,
        orders,
        audit,
        decisions,
    }))
}

/// Announces that this daemon can serve, and replaces its predecessor once that has accepted it. Nothing is served
/// before, and no file is written. Returns the signal if it was asked to stop before that.
async fn replace(
    mut predecessor: Predecessor,
    control: &Control,
    audit: Option<&AuditLog>,
    settings: &Settings,
    stop: &mut stop::Listening,
) -> Result<Result<(), &'static str>, StartError> {
    let status = control.status();
    let live = handing_over::live(status).ok_or_else(|| io::Error::other("no table is live"));
    let ready = Ready {
        live: live.map_err(system("cannot take over"))?,
        freeze: handing_over::freeze(status),
        taken: predecessor.taken().to_vec(),
    };
    tokio::select! {
        // A signal that has come counts: the predecessor would drain for a daemon that ends at once.
        biased;
        signal = stop.next() => return Ok(Err(signal)),
        accepted = predecessor.be_accepted(ready) => accepted?,
    }
    predecessor.serve().await?;
    if let Some(audit) = audit {
        audit.begin_to_write(&settings.admin.audit).await;
    }
    control.begin_to_write();
    tracing::info!("taken over: the daemon before this one drains");
    Ok(Ok(()))
}

/// Reports to the service manager that the daemon serves, and what, from now on.
fn report_to_service_manager(control: &Control, shutdown: &Arc<Shutdown>) {
    if !service_manager::is_connected() {
        return;
    }
    let (status, shutdown) = (Arc::clone(control.status()), Arc::clone(shutdown));
    service_manager::ready(&service_status::line(&status, &shutdown));
    control.supervise(Task::ServiceStatus, move || {
        service_status::report(Arc::clone(&status), Arc::clone(&shutdown))
    });
}

/// Has the threads that serve watched, if the service manager expects signs of life.
fn watch_threads(
    control: &Control,
    workers: &Workers,
    shutdown: &Arc<Shutdown>,
) -> Result<(), StartError> {
    let Some(expected) = service_manager::watchdog_interval() else {
        return Ok(());
    };
    let mut watched = vec![
        Watched {
            name: "accept".to_owned(),
            runtime: Handle::current(),
        },
        Watched {
            name: "control".to_owned(),
            runtime: control.runtime().clone(),
        },
    ];
    let of_workers = workers.runtimes().iter().enumerate();
    watched.extend(of_workers.map(|(index, runtime)| Watched {
        name: format!("worker-{index}"),
        runtime: runtime.clone(),
    }));
    watchdog::start(expected, watched, Arc::clone(shutdown))
        .map_err(system("cannot start the thread of the watchdog"))
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
    let figures = Arc::clone(shared.metrics.connections());
    workers
        .behind_tls(|to| Handshakes::start(certificate, patience, to, shutdown, figures))
        .map_err(system("cannot start the thread of the handshakes"))
}
