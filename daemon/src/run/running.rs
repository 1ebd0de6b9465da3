//! A daemon that serves, until it has stopped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::handed::Handed;
use super::lame_duck::{self, Reason};
use super::serve_admin::AdminEnd;
use super::stop;
use crate::admin::{AdminListeners, AdminSocket};
use crate::audit::AuditLog;
use crate::budget::Share;
use crate::decisions::Decisions;
use crate::hand_over::{Left, Orders};
use crate::listen::peer::Peer;
use crate::rules::Control;
use crate::serve::accept::accept_all;
use crate::serve::accepted::{Accepted, Stream};
use crate::serve::admission::Admission;
use crate::serve::listeners::ServingListeners;
use crate::serve::worker::Workers;
use crate::service_manager;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};

/// The time that the control thread has to end once everything else has ended.
const CONTROL_PATIENCE: Duration = Duration::from_secs(1);

/// The time that requests to the admin plane have to end once a successor serves and nothing else is left.
const ADMIN_PATIENCE: Duration = Duration::from_secs(5);

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

/// The parts of a daemon that serves.
pub(super) struct Running {
    /// The serving sockets, which are closed when a drain begins.
    pub(super) listeners: ServingListeners,
    /// The places of connections, of which a stop awaits the last.
    pub(super) admission: Arc<Admission>,
    /// The threads that serve.
    pub(super) workers: Workers,
    /// The thread that loads route configs.
    pub(super) control: Control,
    /// The stage of stopping.
    pub(super) shutdown: Arc<Shutdown>,
    /// The admin plane; `None` without one.
    pub(super) admin: Option<RunningAdmin>,
    /// The orders of a take-over.
    pub(super) orders: Orders,
    /// The audit log, which is flushed at the end; `None` without an admin plane.
    pub(super) audit: Option<AuditLog>,
    /// The decision log, whose last lines are written at the end.
    pub(super) decisions: Decisions,
}

/// The admin plane of a daemon that serves.
pub(super) struct RunningAdmin {
    /// Its listeners.
    pub(super) listeners: Arc<AdminListeners>,
    /// The file of its Unix socket, which is removed at the end.
    pub(super) socket: Option<AdminSocket>,
    /// The end of its last connection, once a successor serves it.
    pub(super) end: AdminEnd,
}

impl Running {
    /// Accepts and serves until asked to stop, or until a successor serves, then drains.
    pub(super) async fn serve(mut self, settings: &Settings, stop: &mut stop::Listening) -> Ended {
        let reason = self.accept(settings, stop).await;
        let Self {
            listeners,
            admission,
            workers,
            control,
            shutdown,
            admin,
            orders,
            audit,
            decisions,
        } = self;
        if let Reason::AskedTwice(signal) = reason {
            // Clients that wait to be accepted are closed with the others.
            drop(listeners.close(&[]));
            return stop_at_once(signal, &admission, &control, &shutdown);
        }
        begin_to_drain(&reason, &shutdown, &control);
        let left = match &reason {
            Reason::Left(left) => left.taken.as_slice(),
            _ => &[],
        };
        serve_waiting(listeners.close(left), &admission, &workers);
        admission.log_sums();
        decisions.close().await;
        let mut draining = Draining {
            settings,
            admission,
            control,
            shutdown,
            admin,
            orders,
            is_asked: matches!(reason, Reason::Asked(_)),
        };
        if matches!(reason, Reason::Drain) {
            draining.wait_for_the_end(stop).await;
        }
        let cut = match draining.finish(stop).await {
            Ok(cut) => cut,
            Err(signal) => return draining.stop_at_once(signal),
        };
        draining.end(workers, audit, &decisions).await;
        if cut == 0 {
            tracing::info!("stopped");
        } else {
            tracing::warn!(cut, "stopped, and cut connections that had not finished");
        }
        match reason {
            Reason::ThreadEnded(_) => Ended::ThreadEnded,
            Reason::Asked(_) | Reason::Drain | Reason::Left(_) => Ended::Stopped,
            Reason::AskedTwice(_) => Ended::StoppedAtOnce,
        }
    }

    /// Accepts connections, and returns the reason why it accepts no more.
    async fn accept(&mut self, settings: &Settings, stop: &mut stop::Listening) -> Reason {
        let Self {
            listeners,
            admission,
            workers,
            control,
            shutdown,
            admin,
            orders,
            ..
        } = self;
        let accept = |listener| accept_all(listener, admission, workers);
        let handed = handed(settings, Some(listeners), admin.as_ref());
        tokio::select! {
            () = accept(listeners.tcp.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = accept(listeners.unix.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = accept(listeners.resp.as_ref()) => Reason::ThreadEnded("a serving thread"),
            () = control.gone() => Reason::ThreadEnded("the control thread"),
            never = admission.log_refusals() => match never {},
            reason = lame_duck::end(settings.lame_duck, shutdown, stop) => reason,
            left = orders.carry_out(&handed) => Reason::Left(left),
        }
    }
}

/// The parts of a daemon that accepts no connections any more.
struct Draining<'a> {
    settings: &'a Settings,
    admission: Arc<Admission>,
    control: Control,
    shutdown: Arc<Shutdown>,
    admin: Option<RunningAdmin>,
    orders: Orders,
    /// `true` once a signal has asked the process to end.
    is_asked: bool,
}

impl Draining<'_> {
    /// Waits until a daemon that an operator has drained is to end.
    async fn wait_for_the_end(&mut self, stop: &mut stop::Listening) {
        let drained = async {
            self.admission.drain(Duration::MAX).await;
            tracing::info!("drained; the daemon can be stopped");
            std::future::pending().await
        };
        let handed = handed(self.settings, None, self.admin.as_ref());
        tokio::select! {
            () = drained => {}
            () = self.control.gone() => {}
            signal = stop.next() => {
                self.is_asked = true;
                tracing::info!(signal, "stopping");
            }
            left = self.orders.carry_out(&handed) => leave(&left, &self.shutdown),
        }
    }

    /// Waits for the last connection, within the deadline. Returns the number of those that are cut. The first signal
    /// changes nothing: the daemon may drain without one, since a successor serves.
    ///
    /// # Errors
    ///
    /// The second signal.
    async fn finish(&mut self, stop: &mut stop::Listening) -> Result<usize, &'static str> {
        service_manager::stopping();
        let deadline = Instant::now() + self.settings.drain_deadline;
        let handed = handed(self.settings, None, self.admin.as_ref());
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            tokio::select! {
                cut = self.admission.drain(rest) => return Ok(cut),
                signal = stop.next() => {
                    if std::mem::replace(&mut self.is_asked, true) {
                        return Err(signal);
                    }
                    tracing::info!(signal, "stopping");
                }
                left = self.orders.carry_out(&handed) => leave(&left, &self.shutdown),
            }
        }
    }

    fn stop_at_once(self, signal: &'static str) -> Ended {
        stop_at_once(signal, &self.admission, &self.control, &self.shutdown)
    }

    /// Ends the threads, once no connection is left.
    async fn end(self, workers: Workers, audit: Option<AuditLog>, decisions: &Decisions) {
        let Self {
            mut control,
            shutdown,
            admin,
            ..
        } = self;
        let mut _socket = None;
        if let Some(RunningAdmin {
            listeners,
            socket,
            end,
        }) = admin
        {
            drop(listeners);
            _socket = socket;
            if shutdown.is_handed_over() {
                // Requests that the successor cannot answer, such as a scrape that was under way.
                let _ = timeout(ADMIN_PATIENCE, end.wait()).await;
            }
        }
        shutdown.enter(Stage::Cut);
        workers.join();
        if timeout(CONTROL_PATIENCE, control.gone()).await.is_err() {
            tracing::warn!("stopped without the control thread, which does not end");
        }
        if let Some(audit) = audit {
            audit.flush().await;
        }
        decisions.finish().await;
    }
}

/// Enters the stage of draining, and logs the reason.
fn begin_to_drain(reason: &Reason, shutdown: &Shutdown, control: &Control) {
    match reason {
        Reason::Left(left) => leave(left, shutdown),
        _ if !shutdown.reached(Stage::Drain) => shutdown.drain_now(),
        _ => {}
    }
    control.stop_compiling();
    match reason {
        Reason::Left(_) => {}
        Reason::Drain => tracing::info!("draining, as an operator asked"),
        Reason::Asked(signal) | Reason::AskedTwice(signal) => tracing::info!(signal, "stopping"),
        // Without one of its threads a daemon serves worse than its successor would.
        Reason::ThreadEnded(thread) => {
            tracing::error!(thread, "stopping, since a thread has ended");
        }
    }
}

/// Returns the sockets that a successor may take.
fn handed<'a>(
    settings: &'a Settings,
    serving: Option<&'a ServingListeners>,
    admin: Option<&'a RunningAdmin>,
) -> Handed<'a> {
    Handed {
        settings,
        serving,
        admin: admin.map(|admin| &*admin.listeners),
        admin_socket: admin.and_then(|admin| admin.socket.as_ref()),
    }
}

/// Leaves service to the successor.
fn leave(left: &Left, shutdown: &Shutdown) {
    service_manager::leave(left.to);
    shutdown.hand_over();
    tracing::info!(pid = left.to, "draining: a successor serves");
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

/// Serves the connections that were waiting to be accepted.
fn serve_waiting(waiting: Vec<Stream>, admission: &Arc<Admission>, workers: &Workers) {
    for stream in waiting {
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
