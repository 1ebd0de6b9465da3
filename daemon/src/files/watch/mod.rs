//! Notices when the content of a file has changed, however it was changed.
//!
//! ```text
//! events (where the path's links and the file lie) ─┐
//! the poll interval ────────────────────────────────┴─▶ look ─▶ settled? ─▶ other than last seen?
//! ```
//!
//! An event only says when to look. What counts is the content: it is read after the watches were
//! set anew, so nothing that happens in between is missed, and it is compared with what was seen
//! last, so nothing is told twice. A file system without events, or without enough of them, costs
//! time until the next poll and nothing else.
//!
//! There is no task and no thread of our own: all of this happens while [`FileWatch::changed`] is
//! awaited, and a panic reaches whoever awaits it.

mod events;
mod look;
mod mount;
mod places;
mod reread;
#[cfg(test)]
mod tests;

use std::future::pending;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::sync;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::events::{Events, MakeWatcher, ask_the_system};
use self::look::{Content, Look, Settling};
use self::places::places;
pub(crate) use self::reread::Reread;
use crate::files::regular_file::ReadError;
use crate::settings;
use crate::sync::Mutex;

/// How often the watches are set before what is there is looked at, although the links have changed
/// again meanwhile.
const ARMING_ATTEMPTS: usize = 5;

/// A file, what was seen of it last, and the means to notice that this has changed.
pub(crate) struct FileWatch {
    watched: Arc<Watched>,
    debounce: Duration,
    poll_interval: Duration,
    /// Held by the one call of [`Self::changed`] that watches.
    turn: sync::Mutex<Turn>,
}

/// What the blocking threads need.
struct Watched {
    /// Absolute, so that it stays the same file if the working directory changes.
    path: PathBuf,
    max_bytes: usize,
    /// `None`: polling alone.
    events: Option<Events>,
    /// Why not all events come, as it was logged last.
    trouble: Mutex<Option<String>>,
    /// What was handed out or announced last; `None`: nothing yet.
    seen: Mutex<Option<Content>>,
    mount_checked: Once,
}

/// Where the watching is, so that a call that is dropped is carried on by the next.
struct Turn {
    /// Something may have changed, and is looked at until it has settled.
    settling: Option<Settling>,
    next_poll: Instant,
}

impl FileWatch {
    /// Will watch the file at `path`, which need not exist, nor its directory. Does nothing yet.
    ///
    /// The file is read up to `max_bytes`.
    pub(crate) fn start(path: &Path, max_bytes: usize, settings: &settings::Watch) -> Self {
        Self::with(path, max_bytes, settings, ask_the_system)
    }

    fn with(
        path: &Path,
        max_bytes: usize,
        settings: &settings::Watch,
        make_watcher: MakeWatcher,
    ) -> Self {
        Self {
            watched: Arc::new(Watched {
                path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
                max_bytes,
                events: settings.events.then(|| Events::new(make_watcher)),
                trouble: Mutex::default(),
                seen: Mutex::default(),
                mount_checked: Once::new(),
            }),
            debounce: settings.debounce,
            poll_interval: settings.poll_interval,
            turn: sync::Mutex::new(Turn {
                settling: Some(Settling::begin(settings.debounce)),
                next_poll: Instant::now(),
            }),
        }
    }

    /// The file's path, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.watched.path
    }

    /// Reads the file once it is not being written.
    ///
    /// That is the case when it holds a whole JSON text and was left alone for the debounce time, or
    /// when it holds anything else and was left alone for two seconds: then that is what it holds.
    /// A file that never rests is taken as it is after five seconds.
    ///
    /// # Errors
    ///
    /// [`ReadError`], at once.
    pub(crate) async fn read_settled(&self) -> Result<Vec<u8>, ReadError> {
        let mut settling = Settling::begin(self.debounce);
        let mut look = self.look().await;
        while look.outcome.is_ok()
            && !self.watched.has_seen(&look.content)
            && !settling.is_over(&look, look.untouched_for)
        {
            sleep(self.debounce).await;
            look = self.look().await;
        }
        self.watched.see(look.content);
        look.outcome
    }

    /// Completes when the content has become another than was read or announced last, and has
    /// settled; once for each such change. That the file is gone, or cannot be read any more, is a
    /// change as well, if it lasts. Completes at once if nothing was read yet.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped loses nothing: the next goes on where it was.
    pub(crate) async fn changed(&self) {
        let mut turn = self.turn.lock().await;
        let turn = &mut *turn;
        loop {
            if turn.settling.is_none() {
                tokio::select! {
                    () = self.happened() => {
                        turn.settling = Some(Settling::begin(self.debounce));
                        self.quiet().await;
                    }
                    () = sleep_until(turn.next_poll) => {}
                }
            }
            let settling = turn
                .settling
                .get_or_insert_with(|| Settling::begin(self.debounce));
            let mut look = self.arm_and_look().await;
            while !self.watched.has_seen(&look.content) && !settling.is_over(&look, Duration::ZERO)
            {
                self.quiet().await;
                look = self.arm_and_look().await;
            }
            turn.settling = None;
            turn.next_poll = Instant::now() + self.poll_interval;
            if self.watched.see(look.content) {
                return;
            }
        }
    }

    async fn happened(&self) {
        match &self.watched.events {
            Some(events) => events.happened().await,
            None => pending().await,
        }
    }

    /// Waits until nothing has happened for the debounce time, but no longer than a file may take
    /// to settle.
    async fn quiet(&self) {
        let deadline = Instant::now() + look::LONGEST;
        while Instant::now() < deadline && timeout(self.debounce, self.happened()).await.is_ok() {}
    }

    async fn look(&self) -> Look {
        let watched = Arc::clone(&self.watched);
        blocking(move || Look::at(&watched.path, watched.max_bytes)).await
    }

    async fn arm_and_look(&self) -> Look {
        let watched = Arc::clone(&self.watched);
        blocking(move || {
            watched.warn_of_mount();
            watched.arm();
            Look::at(&watched.path, watched.max_bytes)
        })
        .await
    }
}

impl Watched {
    /// Whether `content` is what was seen last.
    fn has_seen(&self, content: &Content) -> bool {
        self.seen.lock().as_ref() == Some(content)
    }

    /// Remembers `content` as seen, and tells whether it is new.
    fn see(&self, content: Content) -> bool {
        let mut seen = self.seen.lock();
        let is_new = seen.as_ref() != Some(&content);
        *seen = Some(content);
        is_new
    }

    /// Watches where the path leads now.
    fn arm(&self) {
        let Some(events) = &self.events else {
            return;
        };
        let mut now = places(&self.path);
        for _ in 0..ARMING_ATTEMPTS {
            let before = now;
            let outcome = events.arm(&before);
            now = places(&self.path);
            if now == before {
                self.note(outcome.err());
                return;
            }
        }
    }

    /// Logs that events cannot be had, or can be had again; each reason once.
    fn note(&self, now: Option<String>) {
        let mut before = self.trouble.lock();
        if *before == now {
            return;
        }
        let path = self.path.display();
        match &now {
            Some(why) => tracing::warn!(
                %path, %why,
                "no events of a watched file: changes are seen by polling"
            ),
            None => tracing::info!(%path, "a watched file has events again"),
        }
        *before = now;
    }

    fn warn_of_mount(&self) {
        self.mount_checked.call_once(|| {
            if mount::is_mount_point(&self.path) {
                tracing::warn!(
                    path = %self.path.display(),
                    "a watched file is a mount of its own, such as a subPath in Kubernetes: polling \
                     sees it written in place, nothing sees it replaced; mount its directory"
                );
            }
        });
    }
}

/// Runs `work` where blocking does no harm.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is stopping, and whoever waits with it.
            Err(_) => pending().await,
        },
    }
}
