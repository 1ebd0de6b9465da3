//! The triggers of checks, and the times of pulls.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use codeid_engine::InitLevel::{Local, Preset, Remote};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::super::reload;
use super::super::requests::Requests;
use super::super::supervisor::supervise;
use super::doubles::Behavior;
use super::{CALL_TIMEOUT, Fixture, PULL_DELAY, RETRY_DELAY, bad_config, config};
use crate::metrics::Task;

/// A fixture with its first table, and with all reloading tasks running but that of the signals.
pub(super) struct Running {
    pub(super) fixture: Fixture,
    pub(super) requests: Arc<Requests>,
    _tasks: JoinSet<()>,
}

impl Running {
    pub(super) async fn begin(fixture: Fixture) -> Self {
        fixture.init(Preset).await.unwrap();
        let requests = Arc::new(Requests::default());
        let mut tasks = JoinSet::new();
        let shared = || (Arc::clone(&fixture.loader), Arc::clone(&requests));
        let status = || Arc::clone(&fixture.loader.status);
        let (a, b, c) = (shared(), shared(), shared());
        tasks.spawn(supervise(Task::Reload, status(), move || {
            reload::reload(Arc::clone(&a.0), Arc::clone(&a.1), Preset)
        }));
        tasks.spawn(supervise(Task::Announcements, status(), move || {
            reload::listen_for_announcements(Arc::clone(&b.0), Arc::clone(&b.1))
        }));
        tasks.spawn(supervise(Task::PresetWatch, status(), move || {
            reload::watch_preset(Arc::clone(&c.0), Arc::clone(&c.1))
        }));
        Self {
            fixture,
            requests,
            _tasks: tasks,
        }
    }

    /// Starts with version 1, of revision `a`, from the remote.
    pub(super) async fn from_remote() -> Self {
        let fixture = Fixture::new();
        fixture.remote.gives_revision(config("1"), "a");
        Self::begin(fixture).await
    }

    /// Waits until the next pull begins, and returns the time until then.
    pub(super) async fn next_pull(&self) -> Duration {
        let begun = Instant::now();
        let before = self.fixture.remote.calls();
        while self.fixture.remote.calls() == before {
            self.fixture.remote.called.notified().await;
        }
        begun.elapsed()
    }

    async fn until(&self, what: &str, is: impl Fn(&Fixture) -> bool) {
        for _ in 0..2000 {
            if is(&self.fixture) {
                return;
            }
            // Real time as well, for threads that the paused time does not concern.
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5)))
                .await
                .unwrap();
            sleep(Duration::from_millis(5)).await;
        }
        panic!("{what}: {:?}", self.fixture.status());
    }

    async fn until_version(&self, version: &str) {
        self.until(version, |fixture| {
            fixture.version().as_deref() == Some(version)
        })
        .await;
    }
}

/// Returns `true` if `measured` is `delay` with its jitter.
fn is_about(delay: Duration, measured: Duration) -> bool {
    // Timers round up to whole milliseconds.
    delay <= measured && measured <= delay + delay / 10 + Duration::from_millis(2)
}

#[tokio::test(start_paused = true)]
async fn a_pull_is_due_its_delay_after_the_end_of_the_one_before() {
    let running = Running::from_remote().await;
    let remote = &running.fixture.remote;
    let first = running.next_pull().await;
    let least = PULL_DELAY / 10;
    assert!((least..=PULL_DELAY).contains(&first), "{first:?}");
    remote.fails();
    let good = running.next_pull().await;
    assert!(is_about(PULL_DELAY, good), "{good:?}");
    remote.gives(bad_config("2"));
    let failed = running.next_pull().await;
    assert!(is_about(RETRY_DELAY, failed), "{failed:?}");
    remote.set(Behavior::Hang);
    let refused = running.next_pull().await;
    assert!(is_about(RETRY_DELAY, refused), "{refused:?}");
    remote.set(Behavior::Panic);
    let hung = running.next_pull().await - CALL_TIMEOUT;
    assert!(is_about(RETRY_DELAY, hung), "{hung:?}");
    remote.set(Behavior::Unchanged);
    let panicked = running.next_pull().await;
    assert!(is_about(RETRY_DELAY, panicked), "{panicked:?}");
    let unchanged = running.next_pull().await;
    assert!(is_about(PULL_DELAY, unchanged), "{unchanged:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_remote_nothing_is_pulled() {
    let running = Running::begin(Fixture::without_remote()).await;
    sleep(PULL_DELAY * 3).await;
    assert_eq!(running.fixture.status().next_pull_at, None);
    assert_eq!(running.fixture.remote.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_announcements_leads_to_one_pull_at_once() {
    let running = Running::from_remote().await;
    let remote = &running.fixture.remote;
    remote.gives(config("2"));
    for _ in 0..10 {
        remote.announce.notify_one();
    }
    assert!(running.next_pull().await < Duration::from_secs(1));
    running.until_version("2").await;
    // The delay counts from that pull.
    let next = running.next_pull().await;
    assert!(is_about(PULL_DELAY, next), "{next:?}");
    assert_eq!(remote.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn announcements_are_awaited_again_after_the_source_panics() {
    let running = Running::from_remote().await;
    let remote = &running.fixture.remote;
    remote.panics_when_listened_to.store(true, SeqCst);
    remote.announce.notify_one();
    sleep(Duration::from_secs(3)).await;
    let restarts = running.fixture.status().counters.restarts["announcements"];
    assert!(restarts >= 3, "{restarts}");
    remote.panics_when_listened_to.store(false, SeqCst);
    remote.gives(config("2"));
    sleep(Duration::from_millis(1001)).await;
    remote.announce.notify_one();
    running.until_version("2").await;
}

#[tokio::test(start_paused = true)]
async fn pulls_never_overlap_whatever_triggers_them() {
    let running = Running::from_remote().await;
    let remote = &running.fixture.remote;
    remote.set(Behavior::Hang);
    for _ in 0..20 {
        running.requests.request_reload();
        remote.announce.notify_one();
        sleep(CALL_TIMEOUT / 3).await;
    }
    assert_eq!(remote.most_concurrent(), 1);
    assert!(remote.calls() > 3);
    assert_eq!(running.fixture.version().as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_reload_asks_from_the_top_level_down_to_the_live_level() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("preset"));
    let running = Running::begin(fixture).await;
    let (remote, store) = (&running.fixture.remote, &running.fixture.store);
    assert_eq!(running.fixture.loader.status.live_level(), Some(Preset));
    // The remote fails, so the store is next.
    store.has(config("local"));
    running.requests.request_reload();
    running.until_version("local").await;
    assert_eq!(running.fixture.loader.status.live_level(), Some(Local));
    store.has(config("local-2"));
    running.requests.request_reload();
    running.until_version("local-2").await;
    remote.gives(config("remote"));
    running.requests.request_reload();
    running.until_version("remote").await;
    assert_eq!(running.fixture.loader.status.live_level(), Some(Remote));
    // Lower sources are not read any more.
    let reads = store.reads();
    remote.fails();
    let calls = remote.calls();
    running.requests.request_reload();
    running
        .until("a pull", |f| f.status().counters.pulls.failed > 3)
        .await;
    assert!(remote.calls() > calls);
    assert_eq!(store.reads(), reads);
    assert_eq!(running.fixture.version().as_deref(), Some("remote"));
}

#[tokio::test(start_paused = true)]
async fn the_file_of_the_preset_is_watched_while_the_preset_is_live() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("1"));
    let running = Running::begin(fixture).await;
    running.fixture.write_preset(&config("2"));
    running.until_version("2").await;
    running.fixture.write_preset(&bad_config("3"));
    let is_refused = |f: &Fixture| f.status().sources.preset.refusal.is_some();
    running.until("a refusal", is_refused).await;
    assert_eq!(running.fixture.version().as_deref(), Some("2"));
    running.fixture.write_preset(&config("4"));
    running.until_version("4").await;

    running.fixture.remote.gives(config("remote"));
    running.requests.request_reload();
    running.until_version("remote").await;
    let checked = running.fixture.status().sources.preset.last_check;
    running.fixture.write_preset(&config("5"));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(running.fixture.version().as_deref(), Some("remote"));
    assert_eq!(running.fixture.status().sources.preset.last_check, checked);
}
