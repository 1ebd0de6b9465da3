//! The watch on one file.

use std::future::pending;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::debouncer::{Debouncer, MAX_SETTLING};
use super::events::{Events, MakeWatcher, system_watcher};
use super::mount::is_mount_point;
use super::snapshot::{FileSnapshot, Fingerprint};
use super::watch_point::watch_points;
use crate::error_chain::ErrorChain;
use crate::regular_file::ReadError;
use crate::settings::{self, WatchMode};
use crate::sync::Mutex;
use crate::uri::shown_path;

/// The most times that the watches are renewed before a snapshot is taken, although the symbolic
/// links have changed again meanwhile.
const ARMING_ATTEMPTS: usize = 5;

/// A file, the content that was read or announced last, and the means to notice a change.
pub(crate) struct FileWatch {
    shared: Arc<Shared>,
    debounce: Duration,
    poll_interval: Duration,
    /// Locked by the one call of [`Self::changed`] that watches.
    progress: tokio::sync::Mutex<Progress>,
}

/// The part that blocking threads use.
struct Shared {
    /// Absolute, so that it names the same file if the working directory changes.
    path: PathBuf,
    max_bytes: usize,
    /// `None` if the file is only polled.
    events: Option<Events>,
    /// The reason why some events are missing, as it was logged last.
    trouble: Mutex<Option<String>>,
    /// The content that was read or announced last; `None` before the first.
    seen: Mutex<Option<Fingerprint>>,
    mount_checked: Once,
}

/// The progress of watching. A call that is dropped leaves it for the next call to continue from.
struct Progress {
    /// Set while the file may have changed and has not settled.
    debouncer: Option<Debouncer>,
    next_poll: Instant,
}

impl FileWatch {
    /// Returns a watch on the file at `path`, of which up to `max_bytes` are read. Neither the file
    /// nor its directory needs to exist. Nothing is read or watched before the first call.
    pub(crate) fn new(path: &Path, max_bytes: usize, settings: &settings::Watch) -> Self {
        Self::with_watcher(path, max_bytes, settings, system_watcher)
    }

    /// Like [`Self::new`], with another maker of the system's watcher.
    pub(super) fn with_watcher(
        path: &Path,
        max_bytes: usize,
        settings: &settings::Watch,
        make_watcher: MakeWatcher,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
                max_bytes,
                events: (settings.mode == WatchMode::Events).then(|| Events::new(make_watcher)),
                trouble: Mutex::default(),
                seen: Mutex::default(),
                mount_checked: Once::new(),
            }),
            debounce: settings.debounce,
            poll_interval: settings.poll_interval,
            progress: tokio::sync::Mutex::new(Progress {
                debouncer: Some(Debouncer::new(settings.debounce)),
                next_poll: Instant::now(),
            }),
        }
    }

    /// Returns the file's path, made absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Reads the file once it has settled.
    ///
    /// A file has settled when it holds a complete JSON text and was left alone for the debounce
    /// time, or holds anything else and was left alone for two seconds. The content of a file that
    /// does not settle within five seconds is returned as it is.
    ///
    /// # Errors
    ///
    /// [`ReadError`], without waiting.
    pub(crate) async fn read_settled(&self) -> Result<Vec<u8>, ReadError> {
        let mut debouncer = Debouncer::new(self.debounce);
        let mut snapshot = self.snapshot().await;
        while snapshot.outcome.is_ok()
            && !self.shared.has_seen(&snapshot.fingerprint)
            && !debouncer.has_settled(&snapshot, snapshot.untouched_for)
        {
            sleep(self.debounce).await;
            snapshot = self.snapshot().await;
        }
        self.shared.set_seen(snapshot.fingerprint);
        snapshot
            .outcome
            .map(|mut bytes| std::mem::take(&mut *bytes))
    }

    /// Completes when the content differs from the one that was read or announced last and has
    /// settled, once for each such change; at once if nothing was read yet. A file that vanishes or
    /// becomes unreadable has changed as well, if that lasts.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped loses nothing: the next call continues from where it was.
    pub(crate) async fn changed(&self) {
        let mut progress = self.progress.lock().await;
        let progress = &mut *progress;
        loop {
            if progress.debouncer.is_none() {
                tokio::select! {
                    () = self.event() => {
                        progress.debouncer = Some(Debouncer::new(self.debounce));
                        self.debounce().await;
                    }
                    () = sleep_until(progress.next_poll) => {}
                }
            }
            let debouncer = progress
                .debouncer
                .get_or_insert_with(|| Debouncer::new(self.debounce));
            let mut snapshot = self.arm_and_snapshot().await;
            while !self.shared.has_seen(&snapshot.fingerprint)
                && !debouncer.has_settled(&snapshot, Duration::ZERO)
            {
                self.debounce().await;
                snapshot = self.arm_and_snapshot().await;
            }
            progress.debouncer = None;
            progress.next_poll = Instant::now() + self.poll_interval;
            if self.shared.set_seen(snapshot.fingerprint) {
                return;
            }
        }
    }

    /// Completes at the next event; never without events.
    async fn event(&self) {
        match &self.shared.events {
            Some(events) => events.next().await,
            None => pending().await,
        }
    }

    /// Waits until no event has come for the debounce time, but no longer than a file may take to
    /// settle.
    async fn debounce(&self) {
        let deadline = Instant::now() + MAX_SETTLING;
        while Instant::now() < deadline && timeout(self.debounce, self.event()).await.is_ok() {}
    }

    async fn snapshot(&self) -> FileSnapshot {
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.snapshot()).await
    }

    async fn arm_and_snapshot(&self) -> FileSnapshot {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            shared.warn_of_mount();
            shared.arm();
            shared.snapshot()
        })
        .await
    }

    /// Returns a function that returns the trouble that is reported at the moment.
    #[cfg(test)]
    pub(super) fn trouble(&self) -> impl Fn() -> Option<String> + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.trouble.lock().clone()
    }
}

impl Shared {
    fn snapshot(&self) -> FileSnapshot {
        FileSnapshot::take(&self.path, self.max_bytes)
    }

    fn has_seen(&self, content: &Fingerprint) -> bool {
        self.seen.lock().as_ref() == Some(content)
    }

    /// Remembers `content` as seen and returns `true` if it is new.
    fn set_seen(&self, content: Fingerprint) -> bool {
        let mut seen = self.seen.lock();
        let is_new = seen.as_ref() != Some(&content);
        *seen = Some(content);
        is_new
    }

    /// Watches the directories that determine where the path leads now.
    fn arm(&self) {
        let Some(events) = &self.events else {
            return;
        };
        let mut now = watch_points(&self.path);
        for _ in 0..ARMING_ATTEMPTS {
            let before = now;
            let outcome = events.arm(&before);
            now = watch_points(&self.path);
            if now == before {
                self.log_trouble(outcome.err().map(|error| ErrorChain(&error).to_string()));
                return;
            }
        }
    }

    /// Logs each time that events become unavailable for another reason, or available again.
    fn log_trouble(&self, now: Option<String>) {
        let mut before = self.trouble.lock();
        if *before == now {
            return;
        }
        let path = shown_path(&self.path);
        match &now {
            Some(error) => tracing::warn!(
                %path, error,
                "events of a watched file are unavailable; changes are noticed by polling"
            ),
            None => tracing::info!(%path, "events of a watched file are available again"),
        }
        *before = now;
    }

    fn warn_of_mount(&self) {
        self.mount_checked.call_once(|| {
            if is_mount_point(&self.path) {
                tracing::warn!(
                    path = %shown_path(&self.path),
                    "a watched file is a mount of its own, such as a subPath in Kubernetes: writes \
                     in place are noticed by polling, a replacement is not; mount its directory"
                );
            }
        });
    }
}

/// Runs `work` on a thread that may block. Dropping the future does not stop work that has begun.
///
/// # Panics
///
/// If `work` panics.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is stopping, and the caller with it.
            Err(_) => pending().await,
        },
    }
}
