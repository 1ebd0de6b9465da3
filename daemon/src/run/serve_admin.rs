//! The tasks of the control thread that serve the admin plane and follow files.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::admin::{AdminListeners, AdminPlane, TakeOvers};
use crate::api::status::ListenerAddresses;
use crate::listen::LiveCertificate;
use crate::metrics::{LastHour, Task};
use crate::rules::Control;
use crate::serve::shared::Shared;
use crate::settings::Settings;

/// The pause after which the admin plane is served again, if it could not be.
const ADMIN_PAUSE: Duration = Duration::from_millis(500);

/// Serves the admin plane on the control thread, and follows the files that it needs. Returns what awaits its end.
pub(super) fn serve_admin(
    control: &Control,
    settings: &Settings,
    shared: &Shared,
    (listeners, take_overs): (Arc<AdminListeners>, TakeOvers),
    listening: ListenerAddresses,
    started: Instant,
    certificate: Option<&Arc<LiveCertificate>>,
) -> AdminEnd {
    let status = Arc::clone(control.status());
    let last_hour = LastHour::new(Arc::clone(&shared.metrics), status.faults());
    let last_hour = Arc::new(last_hour);
    let figures = Arc::clone(&last_hour);
    control.supervise(Task::Figures, move || {
        let status = Arc::clone(&status);
        Arc::clone(&figures).follow(move || status.faults())
    });
    let followed = listeners.followed();
    let own = followed.iter().filter_map(|(_, own)| own.as_ref());
    let plane = AdminPlane {
        operator: control.operator().clone(),
        metrics: Arc::clone(&shared.metrics),
        last_hour,
        decisions: shared.decisions.clone(),
        max_watching: listeners.limits.watching(),
        shutdown: Arc::clone(&shared.shutdown),
        addresses: listening,
        hosts: settings.admin.hosts.clone(),
        audit: listeners.audit.clone(),
        certificates: certificate.into_iter().chain(own).cloned().collect(),
        started,
        take_overs,
        settings: Arc::new(settings.document()),
    };
    if let Some((tokens, certificate)) = followed {
        let watch = settings.watch;
        control.supervise(Task::Tokens, move || Arc::clone(&tokens).follow(watch));
        if let Some(certificate) = &certificate {
            follow_certificate(control, settings, Task::AdminCertificate, certificate);
        }
    }
    let audit = listeners.audit.clone();
    control.supervise(Task::Audit, move || audit.clone().follow_refusals());
    let (served_by, end) = mpsc::channel(1);
    let served = Arc::new((listeners, Arc::new(plane), served_by));
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
    AdminEnd(end)
}

/// The end of the admin plane's tasks.
pub(super) struct AdminEnd(mpsc::Receiver<Infallible>);

impl AdminEnd {
    /// Waits until the last connection of a plane has ended that a successor serves.
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent.
        let _ = self.0.recv().await;
    }
}

/// Counts and logs the failure of a task of the admin plane, and waits until it is worth another try.
async fn wait_to_serve(task: Task, error: &io::Error) {
    task.count_fault();
    tracing::error!(%error, task = task.name(), "the admin plane cannot be served now");
    sleep(ADMIN_PAUSE).await;
}

/// Reads a certificate again on the control thread when its files change.
pub(super) fn follow_certificate(
    control: &Control,
    settings: &Settings,
    task: Task,
    certificate: &Arc<LiveCertificate>,
) {
    let (certificate, watch) = (Arc::clone(certificate), settings.watch);
    control.supervise(task, move || Arc::clone(&certificate).follow(watch));
}
