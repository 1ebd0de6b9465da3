//! The recorder of a worker's decisions.
//!
//! While nothing is wanted, a decision costs one relaxed load and two branches. When something is, nothing here
//! allocates, waits or does I/O: decisions in the sample are masked and hashed, and the record is copied into a
//! ring that was allocated before.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use super::exchange::{Exchange, LOG, Wanted};
use super::filter::Lottery;
use super::record::{Decision, Record, ShownValues};
use super::short_text::ShortText;
use crate::metrics::Listener;

/// Records the decisions of one worker.
#[derive(Debug)]
pub(crate) struct Recorder {
    exchange: Arc<Exchange>,
    /// The number of the worker, from 0.
    worker: usize,
    wanted: Arc<Wanted>,
    lottery: Lottery,
}

thread_local! {
    /// The recorder of the thread, if it is a worker.
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };

    /// The listener of the requests that the thread answers now, and the time at which it began.
    static WORK: Cell<Option<(Listener, Instant)>> = const { Cell::new(None) };
}

/// Makes a recorder that of the current thread.
pub(crate) fn enter_worker(recorder: Recorder) {
    RECORDER.set(Some(recorder));
}

/// Begins a unit of work for a client of `listener`. What the thread decides from now on is recorded as
/// decided `now`, for this listener.
pub(crate) fn begin(listener: Listener, now: Instant) {
    WORK.set(Some((listener, now)));
}

/// Records a decision, if anybody wants it. On a thread that is not a worker's, it does nothing.
pub(crate) fn record(decision: &Decision<'_>) {
    RECORDER.with_borrow_mut(|recorder| {
        if let Some(recorder) = recorder {
            recorder.record(decision);
        }
    });
}

impl Recorder {
    /// Returns the recorder of the worker with this number.
    pub(super) fn new(exchange: Arc<Exchange>, worker: usize) -> Self {
        Self {
            exchange,
            worker,
            wanted: Arc::default(),
            lottery: Lottery::new(worker as u64),
        }
    }

    fn record(&mut self, decision: &Decision<'_>) {
        self.exchange.refresh(&mut self.wanted);
        if self.wanted.parties.is_empty() {
            return;
        }
        let wanted_by = self.wanted.by(self.lottery.draw(), decision.rule);
        let Some((listener, at)) = WORK.get().filter(|_| wanted_by != 0) else {
            return;
        };
        let mut rule = ShortText::EMPTY;
        rule.push(decision.rule.unwrap_or_default().as_bytes());
        let key = self.wanted.key.as_ref().filter(|_| wanted_by & LOG != 0);
        let values = decision.values;
        let record = Record {
            at,
            wanted_by,
            version: self.wanted.version,
            listener,
            generation: decision.generation.map(|generation| generation.get()),
            rule,
            identification: decision.identification,
            values: values.map(|(code_value, open_id)| {
                ShownValues::new(code_value.as_str(), open_id.as_str(), key)
            }),
        };
        self.exchange.put(self.worker, record, &self.wanted);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::mpsc::Receiver;

    use allocation_counter::measure;
    use codeid_engine::{CodeValue, OpenId};

    use super::super::exchange::{Party, RING_RECORDS};
    use super::super::filter::Filter;
    use super::super::hash_key::HashKey;
    use super::*;
    use crate::metrics::Identification;
    use crate::settings::Share;

    const DECISION: Decision<'_> = Decision {
        rule: Some("order"),
        identification: Identification::Decode,
        ..Decision::FAULT
    };

    /// Returns a party that wants everything.
    fn party(bit: u8) -> (Party, Arc<AtomicU64>) {
        let missed = Arc::new(AtomicU64::new(0));
        let filter = Filter::new(Share::WHOLE, Vec::new());
        let of_party = Arc::clone(&missed);
        (
            Party {
                bit,
                filter,
                missed: of_party,
            },
            missed,
        )
    }

    fn begun(exchange: &Arc<Exchange>) -> Recorder {
        begin(Listener::Http, Instant::now());
        Recorder::new(Arc::clone(exchange), 0)
    }

    fn taken(ring: &Receiver<Record>) -> Vec<Record> {
        ring.try_iter().collect()
    }

    #[test]
    fn recording_allocates_nothing_and_counts_what_the_ring_has_no_room_for() {
        let exchange = Arc::new(Exchange::new(1));
        let (log, missed) = party(LOG);
        let (_, rings) = exchange.change(|wanted| {
            wanted.parties.push(log);
            wanted.key = Some(HashKey::new(&[b'k'; 32]).unwrap());
        });
        let ring = rings.unwrap().remove(0);
        let mut recorder = begun(&exchange);
        let code_value = "28100104".repeat(1024);
        let decision = Decision {
            values: CodeValue::new(&code_value)
                .ok()
                .zip(OpenId::new("user-42").ok()),
            ..DECISION
        };
        assert!(decision.values.is_some());
        recorder.record(&decision);
        let counted = measure(|| {
            for _ in 0..RING_RECORDS + 2 {
                recorder.record(&decision);
            }
        });
        assert_eq!(counted.count_total, 0);
        assert_eq!(missed.load(Relaxed), 3);
        let records = taken(&ring);
        assert_eq!(records.len(), RING_RECORDS);
        let values = records[7].values.as_ref().unwrap();
        assert_eq!(values.code_characters, 8192);
        assert!(values.hashes.is_some());
        recorder.record(&decision);
        assert_eq!(taken(&ring).len(), 1);
    }

    #[test]
    fn only_what_is_wanted_is_recorded_and_hashes_are_only_for_the_log() {
        let exchange = Arc::new(Exchange::new(1));
        let mut recorder = begun(&exchange);
        // Nothing is wanted yet, so that there is no ring.
        recorder.record(&DECISION);
        let (watcher, missed) = party(2);
        let (_, rings) = exchange.change(|wanted| {
            wanted.parties.push(watcher);
            wanted.key = Some(HashKey::new(&[b'k'; 32]).unwrap());
        });
        let ring = rings.unwrap().remove(0);
        let decision = Decision {
            values: CodeValue::new("28").ok().zip(OpenId::new("user-42").ok()),
            ..DECISION
        };
        recorder.record(&decision);
        let records = taken(&ring);
        assert_eq!((records.len(), records[0].wanted_by), (1, 2));
        assert!(records[0].values.as_ref().unwrap().hashes.is_none());
        let (_, rings) = exchange.change(|wanted| wanted.parties.clear());
        assert!(rings.is_none());
        recorder.record(&decision);
        assert!(taken(&ring).is_empty());
        assert_eq!(missed.load(Relaxed), 0);
    }

    #[test]
    fn a_thread_without_a_recorder_records_nothing() {
        begin(Listener::Http, Instant::now());
        record(&DECISION);
    }
}
