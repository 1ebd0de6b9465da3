//! A daemon that serves, until it has stopped.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::lame_duck::{self, Reason};
use super::stop;
use crate::admin;
use crate::audit::AuditLog;
use crate::budget::Share;
use crate::decisions::Decisions;
use crate::listen::peer::Peer;
use crate::rules::Control;
use crate::serve::accept::accept_all;
use crate::serve::accepted::Accepted;
use crate::serve::admission::Admission;
use crate::serve::listeners::ServingListeners;
use crate::serve::worker::Workers;
use crate::service_manager;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};

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
    /// Removes the file of the admin plane's socket.
    pub(super) _admin_socket: Option<admin::AdminSocket>,
    /// The audit log, which is flushed at the end; `None` without an admin plane.
    pub(super) audit: Option<AuditLog>,
    /// The decision log, whose last lines are written at the end.
    pub(super) decisions: Decisions,
}

impl Running {
    /// Accepts and serves until asked to stop, then drains.
    pub(super) async fn serve(self, settings: &Settings, stop: &mut stop::Listening) -> Ended {
        let Self {
            listeners,
            admission,
            workers,
            mut control,
            shutdown,
            _admin_socket,
            audit,
            decisions,
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
        decisions.close().await;

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
        service_manager::stopping();
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
        decisions.finish().await;
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
