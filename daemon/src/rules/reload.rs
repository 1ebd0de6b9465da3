//! The reload loop: one task that checks the sources, one after the other, while the daemon serves;
//! and the tasks that wait for a reason to.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::InitLevel;
use tokio::signal::unix::Signal;
use tokio::time::{sleep, sleep_until};

use super::hidden_preset::note_hidden_preset;
use super::level_sources::LEVELS;
use super::loader::Loader;
use super::outcome::{CheckResult, LoadError};
use super::preset::Preset;
use super::requests::Requests;
use crate::api::status::SourceCheck;
use crate::service_manager::Reloading;
use crate::timestamp::milliseconds;

/// The shortest time between two announcements that lead to a check, which bounds the checks of a
/// source that announces without end.
const ANNOUNCEMENT_PAUSE: Duration = Duration::from_millis(10);

/// The reason for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// A pull is due.
    Schedule,
    /// The remote source announced a change.
    Announcement,
    /// SIGHUP, or an operator, requested a reload.
    Hangup,
    /// The file of the preset has changed.
    PresetChanged,
}

/// Checks the sources whenever a pull is due or a check is requested, without end.
///
/// `lowest` is the lowest level that a start may use, and that may replace a config of an operator.
pub(super) async fn reload(loader: Arc<Loader>, requests: Arc<Requests>, lowest: InitLevel) {
    loop {
        let next_pull = loader.next_pull();
        let scheduled = async {
            match next_pull {
                Some(next) => sleep_until(next).await,
                None => pending().await,
            }
        };
        let trigger = tokio::select! {
            () = requests.hangup.notified() => Trigger::Hangup,
            () = requests.announced.notified() => Trigger::Announcement,
            () = requests.preset_changed.notified() => Trigger::PresetChanged,
            () = scheduled => Trigger::Schedule,
            () = requests.freeze_changed.notified() => continue,
        };
        // A panic below drops them, which their receivers notice.
        let reports = match trigger {
            Trigger::Hangup => requests.take_reports(),
            _ => Vec::new(),
        };
        let checks = handle(&loader, trigger, lowest).await;
        for report in reports {
            // The receiver is gone if its client hung up.
            let _ = report.send(checks.clone());
        }
    }
}

/// Requests a check whenever the remote source announces a change.
pub(super) async fn listen_for_announcements(loader: Arc<Loader>, requests: Arc<Requests>) {
    let Some(remote) = &loader.sources.remote else {
        return;
    };
    loop {
        remote.source.changed().await;
        requests.announced.notify_one();
        sleep(ANNOUNCEMENT_PAUSE).await;
    }
}

/// Requests a reload at each of the signals.
pub(super) async fn listen_for_hangups(
    hangups: Arc<tokio::sync::Mutex<Signal>>,
    requests: Arc<Requests>,
) {
    let mut hangups = hangups.lock().await;
    while hangups.recv().await.is_some() {
        requests.request_reload();
    }
}

/// Requests a check whenever the file of the preset changes while its config may become live; while the
/// saved config hides the file, records that.
pub(super) async fn watch_preset(loader: Arc<Loader>, requests: Arc<Requests>, lowest: InitLevel) {
    let Preset::File { watch, .. } = &loader.sources.preset else {
        return;
    };
    let level_changed = &loader.pipeline.publisher.level_changed;
    let may_replace = || loader.status.lowest_replacing_level() <= Some(InitLevel::Preset);
    loop {
        note_hidden_preset(&loader.pipeline, lowest).await;
        if !may_replace() && loader.status.live_level() != Some(InitLevel::Local) {
            level_changed.notified().await;
            continue;
        }
        tokio::select! {
            () = watch.changed() => if may_replace() {
                requests.preset_changed.notify_one();
            },
            () = level_changed.notified() => {}
        }
    }
}

/// Checks the sources that `trigger` concerns, from the top, until one is good.
async fn handle(loader: &Loader, trigger: Trigger, lowest: InitLevel) -> Vec<SourceCheck> {
    let _reported = (trigger == Trigger::Hangup).then(Reloading::begin);
    if loader.status.is_frozen() {
        if trigger == Trigger::Hangup {
            tracing::warn!("no source is read, since an operator froze the live config");
        }
        return Vec::new();
    }
    let replacing = loader.status.lowest_replacing_level().unwrap_or(lowest);
    let levels: &[InitLevel] = match trigger {
        Trigger::Schedule | Trigger::Announcement => &[InitLevel::Remote],
        Trigger::PresetChanged => &[InitLevel::Preset],
        Trigger::Hangup => {
            tracing::info!("the sources are read again, as an operator asked");
            &LEVELS
        }
    };
    let mut checks = Vec::new();
    for level in levels.iter().copied().filter(|level| *level >= replacing) {
        let result = loader.check_source(level).await;
        log(loader.sources.shown(level), trigger, &result);
        checks.push(result.document());
        if result.outcome.is_ok() {
            note_hidden_preset(&loader.pipeline, lowest).await;
            return checks;
        }
    }
    if trigger == Trigger::Hangup {
        tracing::warn!("no source gave a valid route config; the live table stays");
    }
    checks
}

/// Logs a check. An outcome that repeats is logged only for debugging, unless an operator asked.
fn log(source: &str, trigger: Trigger, result: &CheckResult) {
    let is_loud = result.is_news || trigger == Trigger::Hangup;
    let (level, outcome, trigger) = (result.level, result.word(), trigger.word());
    let took_ms = milliseconds(result.took);
    let why = result.why();
    match &result.outcome {
        Ok(_) if is_loud => {
            tracing::info!(%level, source, trigger, %outcome, took_ms, "reload");
        }
        Err(LoadError::NoRemote | LoadError::NothingSaved | LoadError::Frozen) | Ok(_) => {
            tracing::debug!(%level, source, trigger, %outcome, took_ms, why, "reload");
        }
        Err(_) if is_loud => {
            tracing::warn!(%level, source, trigger, %outcome, took_ms, why, "reload");
        }
        Err(_) => tracing::debug!(%level, source, trigger, %outcome, took_ms, why, "reload"),
    }
}

impl Trigger {
    const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Announcement => "announcement",
            Self::Hangup => "operator",
            Self::PresetChanged => "file",
        }
    }
}
