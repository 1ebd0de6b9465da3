//! The tasks of the control thread that serve the admin plane and follow files.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::admin::AdminListeners;
use crate::api::status::ListenerAddresses;
use crate::listen::LiveCertificate;
use crate::metrics::Task;
use crate::rules::Control;
use crate::serve::shared::Shared;
use crate::settings::Settings;

/// The pause after which the admin plane is served again, if it could not be.
const ADMIN_PAUSE: Duration = Duration::from_millis(500);

/// Serves the admin plane on the control thread, and follows the files that it needs.
pub(super) fn serve_admin(
    control: &Control,
    settings: &Settings,
    shared: &Shared,
    listeners: AdminListeners,
    listening: ListenerAddresses,
    started: Instant,
) {
    let (operator, shutdown) = (control.operator().clone(), Arc::clone(&shared.shutdown));
    let metrics = Arc::clone(&shared.metrics);
    let running = settings.document();
    let plane = listeners.plane(operator, metrics, shutdown, listening, started, running);
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
