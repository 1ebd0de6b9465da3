//! Asks the file system to tell when something happens in some places.

use std::collections::BTreeSet;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::places::Place;
use crate::sync::Mutex;

/// What is watched, and the signal that something happened there.
pub(super) struct Events {
    concern: Arc<Concern>,
    make: MakeWatcher,
    armed: Mutex<Armed>,
}

/// How the system is asked; tests put a system in its place that cannot be asked.
pub(super) type MakeWatcher = fn(Handler) -> notify::Result<RecommendedWatcher>;

/// Called on a thread of [`notify`], for every event.
pub(super) type Handler = Box<dyn FnMut(Happening) + Send>;

/// An event of the system, or its failure to give one.
type Happening = notify::Result<Event>;

/// What the thread of [`notify`] shares with whoever waits.
struct Concern {
    places: Mutex<Vec<Place>>,
    signal: Notify,
}

#[derive(Default)]
struct Armed {
    watcher: Option<RecommendedWatcher>,
    directories: BTreeSet<PathBuf>,
}

impl Events {
    /// Nothing is watched yet.
    pub(super) fn new(make: MakeWatcher) -> Self {
        Self {
            concern: Arc::new(Concern {
                places: Mutex::default(),
                signal: Notify::new(),
            }),
            make,
            armed: Mutex::default(),
        }
    }

    /// Completes when something happened in a place since the last completion, or may have.
    pub(super) async fn happened(&self) {
        self.concern.signal.notified().await;
    }

    /// Watches `places`, and nothing else any more. What happens in between goes unseen: whoever
    /// calls this has to look afterwards. Blocks.
    ///
    /// # Errors
    ///
    /// Why not every place is watched. The others are.
    pub(super) fn arm(&self, places: &[Place]) -> Result<(), String> {
        places.clone_into(&mut self.concern.places.lock());
        let mut armed = self.armed.lock();
        let directories = mem::take(&mut armed.directories);
        let mut watcher = match armed.watcher.take() {
            Some(watcher) => watcher,
            None => self.make()?,
        };
        let wanted: BTreeSet<PathBuf> =
            places.iter().map(|place| place.directory.clone()).collect();
        // Those that stay are watched anew too: under the same name there may be another directory.
        let rearmed = catch_unwind(AssertUnwindSafe(|| {
            rearm(&mut watcher, &directories, &wanted)
        }));
        match rearmed {
            Ok(outcome) => {
                armed.watcher = Some(watcher);
                armed.directories = wanted;
                outcome
            }
            Err(_) => {
                // Its thread is gone, and dropping it would panic again.
                mem::forget(watcher);
                Err("the thread that waits for them ended".to_owned())
            }
        }
    }

    fn make(&self) -> Result<RecommendedWatcher, String> {
        let concern = Arc::clone(&self.concern);
        let handler = move |happening: Happening| {
            if concern.includes(&happening) {
                concern.signal.notify_one();
            }
        };
        (self.make)(Box::new(handler)).map_err(|error| error.to_string())
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.take() {
            // It panics if its thread is gone. Then there is nothing left to stop.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(watcher)));
        }
    }
}

/// What a program that watches files asks by default: whatever this system has.
pub(super) fn ask_the_system(handler: Handler) -> notify::Result<RecommendedWatcher> {
    RecommendedWatcher::new(handler, notify::Config::default())
}

fn rearm(
    watcher: &mut RecommendedWatcher,
    before: &BTreeSet<PathBuf>,
    wanted: &BTreeSet<PathBuf>,
) -> Result<(), String> {
    for directory in before {
        // Fails for a directory that was removed, of which nothing is left to watch.
        let _ = watcher.unwatch(directory);
    }
    let mut outcome = Ok(());
    for directory in wanted {
        if let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive) {
            outcome = Err(error.to_string());
        }
    }
    outcome
}

impl Concern {
    /// Whether `happening` may have changed where a path leads, or what is there.
    ///
    /// That something was read changes nothing, and telling would have us read for ever. What else
    /// is told differs between systems: nothing depends on it.
    fn includes(&self, happening: &Happening) -> bool {
        let Ok(event) = happening else {
            return true;
        };
        if event.need_rescan() {
            return true;
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let places = self.places.lock();
        let is_in_place = |path: &PathBuf| places.iter().any(|place| place.is_at(path));
        event.paths.is_empty() || event.paths.iter().any(is_in_place)
    }
}

impl Place {
    /// Whether `path` names this place or its directory.
    fn is_at(&self, path: &Path) -> bool {
        path.file_name() == Some(&self.name) || path == self.directory
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, ModifyKind};

    use super::*;

    #[test]
    fn what_matters_is_where_it_happened_and_not_what() {
        let concern = Concern {
            places: Mutex::new(vec![Place {
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
            let mut event = Event::new(kind);
            event.paths.extend(path.map(PathBuf::from));
            assert_eq!(concern.includes(&Ok(event.clone())), expected, "{event:?}");
        }
        let overflow = Event::new(closed).set_flag(Flag::Rescan);
        assert!(concern.includes(&Ok(overflow)));
        assert!(concern.includes(&Err(notify::Error::generic("lost"))));
    }
}
