//! The exchange between the threads that decide and the writer: what is wanted goes one way, and records
//! the other.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use super::filter::{Filter, Lot};
use super::hash_key::HashKey;
use super::record::Record;
use crate::sync::Mutex;

/// The most records of a worker that wait for the writer. They take a mebibyte, and the writer empties the
/// ring every 20 ms: it holds what a worker decides in that time at 200,000 decisions a second.
pub(super) const RING_RECORDS: usize = 4096;

/// The bit of the log among those that want a record. Watchers have the others.
pub(super) const LOG: u8 = 1;

/// The place where the threads that decide and the writer meet.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The version of `wanted`, by which a worker notices that it has changed.
    version: AtomicU64,
    wanted: Mutex<Arc<Wanted>>,
    /// The sending end of each worker's ring, once something was wanted.
    rings: OnceLock<Box<[SyncSender<Record>]>>,
    workers: usize,
}

/// The records that are wanted.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Rises by one with each change.
    pub(super) version: u64,
    /// The parties that want records; empty if none does.
    pub(super) parties: Vec<Party>,
    /// The key of the log; `None` without hashes.
    pub(super) key: Option<HashKey>,
}

/// The log, or a watcher.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// A bit that no other party has.
    pub(super) bit: u8,
    /// The records that it wants.
    pub(super) filter: Filter,
    /// The number of records that it wanted and for which a ring had no room.
    pub(super) missed: Arc<AtomicU64>,
}

impl Exchange {
    /// Returns an exchange for this many workers, in which nothing is wanted.
    pub(super) fn new(workers: usize) -> Self {
        Self {
            version: AtomicU64::new(0),
            wanted: Mutex::default(),
            rings: OnceLock::new(),
            workers,
        }
    }

    /// Makes `change` to the parties. Returns the version that has it, and the receiving ends of the rings if
    /// these are made now, since something is wanted for the first time.
    pub(super) fn change(
        &self,
        change: impl FnOnce(&mut Wanted),
    ) -> (u64, Option<Vec<Receiver<Record>>>) {
        let mut wanted = self.wanted.lock();
        let mut next = Wanted {
            version: wanted.version + 1,
            parties: wanted.parties.clone(),
            key: wanted.key.clone(),
        };
        change(&mut next);
        let version = next.version;
        let receivers = (!next.parties.is_empty())
            .then(|| self.make_rings())
            .flatten();
        *wanted = Arc::new(next);
        self.version.store(version, Relaxed);
        (version, receivers)
    }

    /// Returns `true` if something is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        !self.wanted.lock().parties.is_empty()
    }

    fn make_rings(&self) -> Option<Vec<Receiver<Record>>> {
        if self.rings.get().is_some() {
            return None;
        }
        let rings = (0..self.workers).map(|_| sync_channel(RING_RECORDS));
        let (senders, receivers): (Vec<_>, Vec<_>) = rings.unzip();
        // Only one caller at a time, with the lock held.
        self.rings.set(senders.into()).ok().map(|()| receivers)
    }

    /// Puts what is wanted in the place of `seen`, if that is of another version. It never waits: while another
    /// thread makes a change, the old one counts.
    pub(super) fn refresh(&self, seen: &mut Arc<Wanted>) {
        if self.version.load(Relaxed) != seen.version
            && let Some(wanted) = self.wanted.try_lock()
        {
            *seen = Arc::clone(&wanted);
        }
    }

    /// Puts a record into the ring of a worker, and counts it for those who want it if there is no room.
    pub(super) fn put(&self, worker: usize, record: Record, wanted: &Wanted) {
        let by = record.wanted_by;
        let ring = self.rings.get().and_then(|rings| rings.get(worker));
        let is_put = ring.is_some_and(|ring| ring.try_send(record).is_ok());
        if !is_put {
            for party in wanted.parties.iter().filter(|party| party.bit & by != 0) {
                party.missed.fetch_add(1, Relaxed);
            }
        }
    }
}

impl Wanted {
    /// Returns the bits of the parties that want a decision by this rule, which has drawn `lot`.
    pub(super) fn by(&self, lot: Lot, rule: Option<&str>) -> u8 {
        let wanting = self.parties.iter();
        let wanting = wanting.filter(|party| party.filter.wants(lot, rule));
        wanting.fold(0, |bits, party| bits | party.bit)
    }
}

/// Shows nothing of the values.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record")
    }
}
