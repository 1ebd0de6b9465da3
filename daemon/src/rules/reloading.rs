//! Reloading while the daemon serves: what leads to a look at a source, and one task that does all
//! of them, one after the other.

use std::future::pending;
use std::mem;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use codeid_engine::InitLevel;
use tokio::signal::unix::Signal;
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, sleep_until};

use super::init::CHAIN;
use super::loader::{Found, Loader, Look, Miss};
use super::sources::Preset;
use crate::api::status::{CheckOutcome, SourceCheck};
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

/// The shortest time from one announcement that is heeded to the next, in case of a source that
/// never stops announcing.
const ANNOUNCEMENT_PAUSE: Duration = Duration::from_millis(10);

/// What asked for a look and was not heeded yet. However often it asked, there is one look.
#[derive(Debug, Default)]
pub(super) struct Requests {
    announced: Notify,
    hangup: Notify,
    preset_changed: Notify,
    /// Told when an operator begins or ends to hold what serves.
    pub(super) hold_changed: Notify,
    /// Who wants to know how the next look at all sources goes.
    reports: Mutex<Vec<oneshot::Sender<Vec<SourceCheck>>>>,
}

impl Requests {
    /// Asks for a look at all sources that may replace what serves.
    pub(super) fn ask_for_chain(&self) {
        self.hangup.notify_one();
    }

    /// As [`Self::ask_for_chain`], and gives how it went; nothing if that met a fault.
    pub(super) fn ask_for_report(&self) -> oneshot::Receiver<Vec<SourceCheck>> {
        let (tell, report) = oneshot::channel();
        self.reports().push(tell);
        self.ask_for_chain();
        report
    }

    fn reports(&self) -> MutexGuard<'_, Vec<oneshot::Sender<Vec<SourceCheck>>>> {
        self.reports.lock()
    }
}

/// What led to a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Schedule,
    Announcement,
    Hangup,
    PresetChanged,
}

/// Looks whenever it is time or something asks for it, for ever.
pub(super) async fn reload(loader: Arc<Loader>, requests: Arc<Requests>) {
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
            () = requests.hold_changed.notified() => continue,
        };
        // Dropped if it panics, which tells those who wait.
        let reports = match trigger {
            Trigger::Hangup => mem::take(&mut *requests.reports()),
            _ => Vec::new(),
        };
        let looks = heed(&loader, trigger).await;
        for report in reports {
            // Whoever asked may have gone.
            let _ = report.send(looks.clone());
        }
    }
}

/// Asks for a look whenever the remote source announces a change.
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

/// Asks for the whole chain at each of the signals.
pub(super) async fn listen_for_hangups(
    hangups: Arc<tokio::sync::Mutex<Signal>>,
    requests: Arc<Requests>,
) {
    let mut hangups = hangups.lock().await;
    while hangups.recv().await.is_some() {
        requests.ask_for_chain();
    }
}

/// Asks for a look whenever the file of the preset changes, until something higher serves.
pub(super) async fn watch_preset(loader: Arc<Loader>, requests: Arc<Requests>) {
    let Preset::File { watch, .. } = &loader.sources.preset else {
        return;
    };
    let is_outranked = || loader.board.level() > Some(InitLevel::Preset);
    while !is_outranked() {
        tokio::select! {
            () = watch.changed() => requests.preset_changed.notify_one(),
            () = loader.outranks_preset.notified() => {}
        }
    }
}

async fn heed(loader: &Loader, trigger: Trigger) -> Vec<SourceCheck> {
    if loader.board.is_held() {
        if trigger == Trigger::Hangup {
            tracing::warn!("SIGHUP: nothing is read again, an operator holds what serves");
        }
        return Vec::new();
    }
    let serving = loader.board.level().unwrap_or(InitLevel::Preset);
    let levels: &[InitLevel] = match trigger {
        Trigger::Schedule | Trigger::Announcement => &[InitLevel::Remote],
        Trigger::PresetChanged if serving > InitLevel::Preset => &[],
        Trigger::PresetChanged => &[InitLevel::Preset],
        Trigger::Hangup => {
            tracing::info!("the sources are read again, as an operator asked");
            &CHAIN
        }
    };
    let mut looks = Vec::new();
    for level in levels.iter().copied().filter(|level| *level >= serving) {
        let look = loader.look(level).await;
        log(loader, trigger, level, &look);
        looks.push(source_check(level, &look));
        if look.outcome.is_ok() {
            return looks;
        }
    }
    if trigger == Trigger::Hangup {
        tracing::warn!("no source gave a route config; what serves stays");
    }
    looks
}

/// How a look at the source of `level` went.
pub(super) fn source_check(level: InitLevel, look: &Look) -> SourceCheck {
    let (outcome, why) = told(look);
    SourceCheck {
        level,
        outcome,
        why: why.map(str::to_owned),
    }
}

/// How a look went: in a word, and if it led to nothing, why.
fn told(look: &Look) -> (CheckOutcome, Option<&str>) {
    match &look.outcome {
        Ok(Found::Activated) => (CheckOutcome::Activated, None),
        Ok(Found::Unchanged) => (CheckOutcome::Unchanged, None),
        Err(miss) => (miss.outcome(), Some(miss.why())),
    }
}

fn log(loader: &Loader, trigger: Trigger, level: InitLevel, look: &Look) {
    let source = loader.sources.shown(level);
    let trigger = trigger.word();
    let took_ms = milliseconds(look.took);
    // Once is enough, until something else is the matter; whoever asks is told every time.
    let loud = look.news || trigger == Trigger::Hangup.word();
    let (outcome, why) = told(look);
    match &look.outcome {
        Err(Miss::Failed(_) | Miss::Refused(_)) if loud => {
            tracing::warn!(%level, source, trigger, %outcome, took_ms, why, "reload");
        }
        Ok(_) if loud => tracing::info!(%level, source, trigger, %outcome, took_ms, "reload"),
        _ => tracing::debug!(%level, source, trigger, %outcome, took_ms, why, "reload"),
    }
}

impl Trigger {
    const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Announcement => "announcement",
            Self::Hangup => "SIGHUP",
            Self::PresetChanged => "file",
        }
    }
}
