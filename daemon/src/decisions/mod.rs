//! The decision log: how code values were decided, without what was scanned or by whom.
//!
//! It is the one exception to the rule that nothing of a request is logged, and is off by default. A worker that
//! has decided makes a record of a fixed size, in which the values are masked or hashed already, and puts it into a
//! ring of its own; the writer, a task of the control thread, takes it from there:
//!
//! ```text
//! worker: decision ─▶ in the sample? ─▶ mask, hash ─▶ ring ┐
//! worker: …                                           ring ┴─▶ writer ─┬▶ file
//!                                                                      └▶ watchers: `codeid tail`
//! ```
//!
//! A worker never waits. What has no room in a ring, cannot be written, or is not taken by a watcher, is dropped and
//! counted.
//!
//! Source: SPEC.md, section 6.

mod exchange;
mod file;
mod filter;
mod hash_key;
mod line;
mod mask;
mod record;
mod recorder;
mod short_text;
mod watcher;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

use self::exchange::{Exchange, LOG, Party, Wanted};
use self::file::LogFile;
use self::hash_key::HashKey;
use self::line::{Form, Now};
use self::watcher::Watcher;
use self::writer::{LogOutput, Writer};
use crate::api::status::DecisionLogStatus;
use crate::clock::Clock;
use crate::faults;
use crate::metrics::{DecisionFigures, Task};
use crate::settings::{DecisionLog, LoggedValues, SettingsError};
use crate::sync::Mutex;
use crate::uri::shown_path;

pub(crate) use self::filter::Filter;
pub(crate) use self::record::Decision;
pub(crate) use self::recorder::{Recorder, begin, enter_worker, record};
pub(crate) use self::watcher::Watch;

/// The time between two visits of the writer to the rings. Shorter than people notice, and no worker has to wake
/// the writer, which would be a system call.
const INTERVAL: Duration = Duration::from_millis(20);

/// The time that the end of the daemon waits for the last lines to be written.
const FINISH_PATIENCE: Duration = Duration::from_secs(1);

/// The time that the last lines for watchers have to be taken.
const CLOSE_PATIENCE: Duration = Duration::from_millis(250);

/// The decision log. Clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct Decisions(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    exchange: Arc<Exchange>,
    writer: Mutex<Writer>,
    /// Notified when what is wanted has changed.
    changed: Notify,
    clock: Clock,
    figures: Arc<DecisionFigures>,
    /// The path of the log, as it is shown; `None` if the log is off.
    path: Option<String>,
    /// Set once nobody may watch any more. Changed under the lock of `writer`.
    is_closed: AtomicBool,
}

/// The reason why a client cannot watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWatched {
    /// As many clients watch as may.
    TooMany,
    /// The daemon accepts no more connections.
    Closed,
}

impl Decisions {
    /// Opens the log that the settings name, for this many workers. `clock` dates the lines.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if the file cannot be opened, for another reason than a full disk, or the key for hashes
    /// cannot be read.
    pub(crate) fn open(
        settings: Option<&DecisionLog>,
        workers: usize,
        clock: Clock,
    ) -> Result<Self, SettingsError> {
        let exchange = Arc::new(Exchange::new(workers));
        let figures = Arc::new(DecisionFigures::default());
        let mut writer = Writer::default();
        if let Some(settings) = settings {
            let (output, party, key) = open_log(settings, &figures)?;
            writer.log = Some(output);
            let (_, rings) = exchange.change(|wanted: &mut Wanted| {
                wanted.parties.push(party);
                wanted.key = key;
            });
            writer.rings.extend(rings.into_iter().flatten());
        }
        Ok(Self(Arc::new(Shared {
            exchange,
            writer: Mutex::new(writer),
            changed: Notify::new(),
            clock,
            figures,
            path: settings.map(|settings| shown_path(&settings.path).to_string()),
            is_closed: AtomicBool::new(false),
        })))
    }

    /// Returns the recorder of the worker with this number, from 0.
    pub(crate) fn recorder(&self, worker: usize) -> Recorder {
        Recorder::new(Arc::clone(&self.0.exchange), worker)
    }

    /// Returns the numbers of lines.
    pub(crate) fn figures(&self) -> &Arc<DecisionFigures> {
        &self.0.figures
    }

    /// Returns the state of the log; `None` if it is off.
    pub(crate) fn status(&self) -> Option<DecisionLogStatus> {
        let path = self.0.path.clone()?;
        Some(self.0.figures.status(path))
    }

    /// Begins to show a client the decisions that `filter` wants, unless `most` clients watch already.
    ///
    /// # Errors
    ///
    /// [`NotWatched`] if the client cannot watch.
    pub(crate) fn watch(&self, filter: Filter, most: usize) -> Result<Watch, NotWatched> {
        let mut writer = self.0.writer.lock();
        if self.0.is_closed.load(Relaxed) {
            return Err(NotWatched::Closed);
        }
        self.forget_who_left(&mut writer);
        let joined = Watcher::join(&writer.watchers, most, filter);
        let (mut watcher, party, watch) = joined.ok_or(NotWatched::TooMany)?;
        let (version, rings) = self.0.exchange.change(|wanted| wanted.parties.push(party));
        writer.rings.extend(rings.into_iter().flatten());
        watcher.begin(version);
        writer.watchers.push(watcher);
        self.0.changed.notify_one();
        Ok(watch)
    }

    /// Ends all watches, and lets nobody watch any more. Waits until the clients have their last lines, for a
    /// quarter of a second at most.
    pub(crate) async fn close(&self) {
        let watchers = {
            let mut writer = self.0.writer.lock();
            self.0.is_closed.store(true, Relaxed);
            let now = self.now();
            writer.take_all(now);
            let mut watchers = std::mem::take(&mut writer.watchers);
            watchers.iter_mut().for_each(|watcher| watcher.send(now));
            watchers
        };
        self.0
            .exchange
            .change(|wanted| wanted.parties.retain(|party| party.bit == LOG));
        let (ends, notices): (Vec<_>, Vec<_>) = watchers.into_iter().map(Watcher::end).unzip();
        let gone = async {
            for gone in ends {
                // An error is what is awaited: nothing is ever sent.
                let _ = gone.await;
            }
        };
        // In time or not, the daemon stops.
        let _ = timeout(CLOSE_PATIENCE, gone).await;
        // A client that does not read must not hold up who waits for the end of the action that a watch is.
        drop(notices);
    }

    /// Lets clients watch again, after [`Self::close`].
    pub(crate) fn reopen(&self) {
        self.0.is_closed.store(false, Relaxed);
    }

    /// Removes the watchers whose clients have gone.
    fn forget_who_left(&self, writer: &mut Writer) {
        let Writer { watchers, .. } = writer;
        if watchers.iter().any(Watcher::has_left) {
            watchers.retain(|watcher| !watcher.has_left());
            self.0.exchange.change(|wanted| {
                let stays = |party: &Party| {
                    party.bit == LOG || watchers.iter().any(|watcher| watcher.is(party))
                };
                wanted.parties.retain(stays);
            });
        }
    }

    /// Returns the number of clients that watch.
    pub(crate) fn watchers(&self) -> usize {
        let writer = self.0.writer.lock();
        let watching = writer.watchers.iter();
        watching.filter(|watcher| !watcher.has_left()).count()
    }

    /// Writes lines for as long as the future is polled, on a runtime with timers.
    pub(crate) async fn follow(self) {
        loop {
            faults::turn(Task::Decisions.name());
            if self.0.exchange.is_wanted() {
                sleep(INTERVAL).await;
                let mut writer = self.0.writer.lock();
                writer.turn(self.now());
                self.forget_who_left(&mut writer);
            } else {
                self.0.changed.notified().await;
            }
        }
    }

    /// Writes what the workers have left, once they have ended. Waits for a second at most.
    pub(crate) async fn finish(&self) {
        let write = {
            let mut writer = self.0.writer.lock();
            writer.take_all(self.now());
            writer.log.as_mut().map(LogOutput::take_write)
        };
        let Some(write) = write else {
            return;
        };
        let (done, written) = oneshot::channel();
        // Not a thread of the runtime, whose end would wait for a disk that hangs.
        let started = thread::Builder::new().spawn(move || {
            write();
            // The receiver may have given up.
            let _ = done.send(());
        });
        if started.is_err() || timeout(FINISH_PATIENCE, written).await.is_err() {
            tracing::warn!("the last lines of the decision log may be missing");
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: Instant::now(),
            wall: self.0.clock.now(),
        }
    }
}

fn open_log(
    settings: &DecisionLog,
    figures: &Arc<DecisionFigures>,
) -> Result<(LogOutput, Party, Option<HashKey>), SettingsError> {
    let (form, key) = match &settings.values {
        LoggedValues::Masked => (Form::Masked, None),
        LoggedValues::Hashed(file) => {
            let key = HashKey::read(file);
            let unusable = |error| SettingsError::unusable("decision-log.hash-key-path", error);
            (Form::Hashed, Some(key.map_err(unusable)?))
        }
    };
    let file = LogFile::open(&settings.path, settings.max_bytes);
    let file = file.map_err(|error| SettingsError::unusable("decision-log.path", error))?;
    let output = LogOutput::new(file, form, Arc::clone(figures));
    let party = Party {
        bit: LOG,
        filter: Filter::new(settings.sample, settings.rules.clone()),
        missed: missed_by_log(figures),
    };
    Ok((output, party, key))
}

fn missed_by_log(figures: &DecisionFigures) -> Arc<AtomicU64> {
    Arc::clone(figures.dropped_in_queue())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Share;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_does_not_keep_its_watch_from_its_end() {
        let decisions = Decisions::open(None, 1, Clock::system()).unwrap();
        let filter = Filter::new(Share::WHOLE, Vec::new());
        let mut watch = decisions.watch(filter, 1).unwrap();
        let ended = watch.take_ended().unwrap();
        decisions.close().await;
        ended.await;
        drop(watch);
    }
}
