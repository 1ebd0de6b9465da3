//! The decision log: how code values were decided, without what was scanned or by whom.
//!
//! It is the one exception to the rule that nothing of a request is logged, and is off by default. A worker that
//! has decided makes a record of a fixed size, in which the values are masked or hashed already, and puts it into a
//! ring of its own; the writer, a task of the control thread, takes it from there:
//!
//! ```text
//! worker: decision ─▶ in the sample? ─▶ mask, hash ─▶ ring ┐
//! worker: …                                           ring ┴─▶ writer ─▶ file
//! ```
//!
//! A worker never waits. What has no room in a ring, or cannot be written, is dropped and counted.
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
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

use self::exchange::{Exchange, LOG, Party, Wanted};
use self::file::LogFile;
use self::filter::Filter;
use self::hash_key::HashKey;
use self::line::{Form, Now};
use self::writer::{LogOutput, Writer};
use crate::api::status::DecisionLogStatus;
use crate::clock::Clock;
use crate::faults;
use crate::metrics::{DecisionFigures, Task};
use crate::settings::{DecisionLog, LoggedValues, SettingsError};
use crate::sync::Mutex;
use crate::uri::shown_path;

pub(crate) use self::record::Decision;
pub(crate) use self::recorder::{Recorder, begin, enter_worker, record};

/// The time between two visits of the writer to the rings. Shorter than people notice, and no worker has to wake
/// the writer, which would be a system call.
const INTERVAL: Duration = Duration::from_millis(20);

/// The time that the end of the daemon waits for the last lines to be written.
const FINISH_PATIENCE: Duration = Duration::from_secs(1);

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

    /// Writes lines for as long as the future is polled, on a runtime with timers.
    pub(crate) async fn follow(self) {
        loop {
            faults::turn(Task::Decisions.name());
            if self.0.exchange.is_wanted() {
                sleep(INTERVAL).await;
                self.0.writer.lock().turn(self.now());
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
