//! File system events in the directories of some watch points.

use std::collections::BTreeSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use thiserror::Error;
use tokio::sync::Notify;

use super::watch_point::WatchPoint;
use crate::faults;
use crate::metrics::Task;
use crate::sync::Mutex;
use crate::uri::shown_path;

/// The directories that are watched, and the signal that an event came.
pub(super) struct Events {
    filter: Arc<EventFilter>,
    make_watcher: MakeWatcher,
    armed: Mutex<Armed>,
}

/// Makes a watcher of the system; tests replace it by one that fails.
pub(super) type MakeWatcher = fn(Handler) -> notify::Result<RecommendedWatcher>;

/// Called for every event, on a thread of [`notify`].
pub(super) type Handler = Box<dyn FnMut(Event) + Send>;

/// An event of the system, or its failure to deliver one.
type Event = notify::Result<notify::Event>;

/// Signals the events that may concern a watch point. The thread of [`notify`] calls it.
struct EventFilter {
    points: Mutex<Vec<WatchPoint>>,
    signal: Notify,
}

/// Signals an event when it is dropped. It belongs to the handler, so that it notices the end of the thread
/// that calls the handler.
struct SignalAtEnd(Arc<EventFilter>);

#[derive(Default)]
struct Armed {
    watcher: Option<RecommendedWatcher>,
    directories: BTreeSet<PathBuf>,
}

/// The most watchers that are made at once: if the thread of one has ended, another takes its place.
const MAX_WATCHERS: usize = 2;

/// The reason why a watch point is not watched.
#[derive(Debug, Error)]
pub(super) enum ArmError {
    /// The system gives no descriptor for events, as at the limit of instances of a user.
    #[error("cannot start to watch files")]
    NoWatcher(#[source] notify::Error),
    /// The system does not watch a directory, as at the limit of watches of a user.
    #[error("cannot watch {}", shown_path(path))]
    NotWatched {
        path: PathBuf,
        source: notify::Error,
    },
    /// No thread is left that would receive events: each of [`MAX_WATCHERS`] has ended.
    #[error("the thread that receives the events has ended")]
    ThreadEnded,
}

impl Events {
    /// Returns events of no directory yet.
    pub(super) fn new(make_watcher: MakeWatcher) -> Self {
        Self {
            filter: Arc::new(EventFilter {
                points: Mutex::default(),
                signal: Notify::new(),
            }),
            make_watcher,
            armed: Mutex::default(),
        }
    }

    /// Completes when an event has come since the last completion that may concern a watch point.
    pub(super) async fn next(&self) {
        self.filter.signal.notified().await;
    }

    /// Watches the directories of `points` instead of those before. Events during the call may be
    /// lost, so the caller must inspect the file afterwards. Blocks.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if a point is not watched. The others are.
    pub(super) fn arm(&self, points: &[WatchPoint]) -> Result<(), ArmError> {
        points.clone_into(&mut self.filter.points.lock());
        let mut armed = self.armed.lock();
        let mut before = mem::take(&mut armed.directories);
        let wanted: BTreeSet<PathBuf> =
            points.iter().map(|point| point.directory.clone()).collect();
        for _ in 0..MAX_WATCHERS {
            let mut watcher = match armed.watcher.take() {
                Some(watcher) => watcher,
                None => self.new_watcher()?,
            };
            // `watch` and `unwatch` of notify's inotify watcher send a message to its event loop and
            // unwrap both the sending and the reply (inotify.rs, `watch_inner`): if the thread of the
            // loop has ended, for example by a panic, they panic instead of returning an error.
            let rearmed = catch_unwind(AssertUnwindSafe(|| rearm(&mut watcher, &before, &wanted)));
            if let Ok(outcome) = rearmed {
                armed.watcher = Some(watcher);
                armed.directories = wanted;
                return outcome;
            }
            // Its `drop` unwraps the sending of the last message and would panic again. Leaking it
            // costs an inotify descriptor, once for each death of its thread.
            mem::forget(watcher);
            before.clear();
            Task::FileEvents.count_fault();
            tracing::error!("the thread that receives events about files has ended");
        }
        Err(ArmError::ThreadEnded)
    }

    fn new_watcher(&self) -> Result<RecommendedWatcher, ArmError> {
        let at_end = SignalAtEnd(Arc::clone(&self.filter));
        let handler = move |event: Event| {
            let SignalAtEnd(filter) = &at_end;
            faults::turn("fileEventsThread");
            let accepted = catch_unwind(AssertUnwindSafe(|| {
                faults::turn(Task::FileEvents.name());
                filter.accepts(&event)
            }));
            if accepted.is_err() {
                Task::FileEvents.count_fault();
                tracing::error!("an event about files met an internal fault; the files are read");
            }
            if accepted.unwrap_or(true) {
                filter.signal.notify_one();
            }
        };
        (self.make_watcher)(Box::new(handler)).map_err(ArmError::NoWatcher)
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.take() {
            // Panics if its thread has ended, as in `Events::arm`; then nothing is left to stop.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(watcher)));
        }
    }
}

impl Drop for SignalAtEnd {
    fn drop(&mut self) {
        self.0.signal.notify_one();
    }
}

/// Makes a watcher of the kind that suits this system.
pub(super) fn system_watcher(handler: Handler) -> notify::Result<RecommendedWatcher> {
    RecommendedWatcher::new(handler, notify::Config::default())
}

/// Replaces the watches on `before` by watches on `wanted`. A directory in both is watched again
/// as well: its name may belong to another directory since.
fn rearm(
    watcher: &mut RecommendedWatcher,
    before: &BTreeSet<PathBuf>,
    wanted: &BTreeSet<PathBuf>,
) -> Result<(), ArmError> {
    for directory in before {
        // Fails for a directory that was removed, and that ended its watch.
        let _ = watcher.unwatch(directory);
    }
    let mut outcome = Ok(());
    for directory in wanted {
        if let Err(source) = watcher.watch(directory, RecursiveMode::NonRecursive) {
            outcome = Err(ArmError::NotWatched {
                path: directory.clone(),
                source,
            });
        }
    }
    outcome
}

impl EventFilter {
    /// Returns `true` if `event` may have changed where a path leads, or the content there.
    ///
    /// Reads are left out, since each snapshot reads the file and would cause the next one. The
    /// kinds of other events differ between systems, so the filter does not depend on them.
    fn accepts(&self, event: &Event) -> bool {
        let Ok(event) = event else {
            return true;
        };
        if event.need_rescan() {
            return true;
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let points = self.points.lock();
        let concerns_point = |path: &PathBuf| points.iter().any(|point| point.is_named_by(path));
        event.paths.is_empty() || event.paths.iter().any(concerns_point)
    }
}

impl WatchPoint {
    /// Returns `true` if `path` is the path of this point or of its directory, as events name them.
    fn is_named_by(&self, path: &Path) -> bool {
        path.file_name() == Some(&self.name) || path == self.directory
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, ModifyKind};

    use super::*;

    #[test]
    fn an_event_is_accepted_by_its_path_and_whatever_its_kind_unless_it_is_an_access() {
        let filter = EventFilter {
            points: Mutex::new(vec![WatchPoint {
                directory: "/etc/codeid".into(),
                name: "routes.json".into(),
            }]),
            signal: Notify::new(),
        };
        let modify = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let table = [
            (modify, Some("/etc/codeid/routes.json"), true),
            (EventKind::Any, Some("/etc/codeid/routes.json"), true),
            (
                EventKind::Create(CreateKind::Any),
                Some("/etc/codeid"),
                true,
            ),
            (modify, Some("/etc/codeid/other"), false),
            (modify, Some("/etc"), false),
            (closed, Some("/etc/codeid/routes.json"), false),
            (EventKind::Other, None, true),
        ];
        for (kind, path, expected) in table {
            let mut event = notify::Event::new(kind);
            event.paths.extend(path.map(PathBuf::from));
            assert_eq!(filter.accepts(&Ok(event.clone())), expected, "{event:?}");
        }
        let overflow = notify::Event::new(closed).set_flag(Flag::Rescan);
        assert!(filter.accepts(&Ok(overflow)));
        assert!(filter.accepts(&Err(notify::Error::generic("lost"))));
    }
}
