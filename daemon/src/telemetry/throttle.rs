//! The bound on the number of lines, by kind and in all, whatever clients do.
//!
//! The kind of an event is the place in the source that logs it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::queue::{self, LogQueue};
use crate::sync::Mutex;

/// The rate of one kind: 32 lines at once, 4 a second over time.
const BY_KIND: Rate = Rate {
    burst: 32,
    interval: Duration::from_millis(250),
};

/// The rate of all kinds together: 256 lines at once, 40 a second over time.
const OF_ALL: Rate = Rate {
    burst: 256,
    interval: Duration::from_millis(25),
};

/// The most characters of a message that a summary quotes.
const MAX_QUOTED: usize = 120;

/// Suppresses events that come faster than the rates allow, and counts them by kind. Clones share
/// their counts.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    state: Arc<Mutex<State>>,
    /// Its writer logs the summaries.
    queue: Arc<LogQueue>,
}

#[derive(Debug, Default)]
struct State {
    all: Bucket,
    kinds: HashMap<Identifier, Kind>,
}

#[derive(Debug, Default)]
struct Kind {
    bucket: Bucket,
    suppressed: u64,
    /// The message of the first event that was suppressed.
    message: String,
}

/// The events of one kind that were suppressed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Suppressed {
    /// The message of the first of them.
    pub(super) message: String,
    /// Their number.
    pub(super) lines: u64,
}

#[derive(Debug)]
struct Rate {
    burst: u32,
    /// The time after which another line is allowed.
    interval: Duration,
}

/// Remembers how much of a rate is used up.
#[derive(Debug, Default)]
struct Bucket {
    /// The time at which nothing will be used up; `None` for the past.
    full_at: Option<Instant>,
}

impl Throttle {
    /// Creates a throttle that has suppressed nothing.
    pub(super) fn new(queue: Arc<LogQueue>) -> Self {
        Self {
            state: Arc::default(),
            queue,
        }
    }

    /// Returns the numbers of suppressed events since the last call.
    pub(super) fn take_suppressed(&self) -> Vec<Suppressed> {
        let mut state = self.state.lock();
        let kinds = state.kinds.values_mut().filter(|kind| kind.suppressed > 0);
        kinds
            .map(|kind| Suppressed {
                message: std::mem::take(&mut kind.message),
                lines: std::mem::take(&mut kind.suppressed),
            })
            .collect()
    }

    /// Returns `true` if an event of this kind may be logged `now`.
    fn admit(&self, event: &Event<'_>, now: Instant) -> bool {
        let mut state = self.state.lock();
        let State { all, kinds } = &mut *state;
        let kind = kinds.entry(event.metadata().callsite()).or_default();
        if kind.bucket.has_room(&BY_KIND, now) && all.has_room(&OF_ALL, now) {
            kind.bucket.take(&BY_KIND, now);
            all.take(&OF_ALL, now);
            return true;
        }
        kind.suppressed += 1;
        if kind.suppressed == 1 {
            event.record(&mut Message(&mut kind.message));
            drop(state);
            self.queue.call();
        }
        false
    }
}

impl Bucket {
    fn has_room(&self, rate: &Rate, now: Instant) -> bool {
        let used = self.full_at.map(|at| at.saturating_duration_since(now));
        used.unwrap_or_default() <= rate.interval * (rate.burst - 1)
    }

    fn take(&mut self, rate: &Rate, now: Instant) {
        let from = self.full_at.map_or(now, |at| at.max(now));
        self.full_at = Some(from + rate.interval);
    }
}

impl<S: Subscriber> Layer<S> for Throttle {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        // The summaries themselves.
        queue::is_writer() || self.admit(event, Instant::now())
    }
}

/// Takes the message of an event.
struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let message = format!("{value:?}");
            *self.0 = message.chars().take(MAX_QUOTED).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_admits_a_burst_and_then_its_rate() {
        let mut bucket = Bucket::default();
        let start = Instant::now();
        let mut admitted = |milliseconds| {
            let now = start + Duration::from_millis(milliseconds);
            let is_admitted = bucket.has_room(&BY_KIND, now);
            if is_admitted {
                bucket.take(&BY_KIND, now);
            }
            is_admitted
        };
        assert_eq!((0..100).filter(|_| admitted(0)).count(), 32);
        assert!(!admitted(249));
        assert!(admitted(250));
        assert!(!admitted(251));
        // Four a second, in the long run.
        let in_ten_seconds = (0..1000).filter(|n| admitted(251 + 10 * n)).count();
        assert_eq!(in_ten_seconds, 39);
        assert_eq!((0..100).filter(|_| admitted(60_000)).count(), 32);
    }

    #[test]
    fn one_kind_leaves_room_for_others_and_is_counted() {
        let throttle = Throttle::new(Arc::default());
        let subscriber = tracing_subscriber::layer::SubscriberExt::with(
            tracing_subscriber::registry(),
            throttle.clone(),
        );
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..100 {
                tracing::warn!(number, "too many");
            }
            tracing::warn!("alone");
        });
        let suppressed = throttle.take_suppressed();
        assert_eq!(suppressed.len(), 1);
        assert_eq!(suppressed[0].message, "too many");
        // A machine that stands still for a moment admits a few more than 32.
        assert!((1..=68).contains(&suppressed[0].lines));
        assert_eq!(throttle.take_suppressed(), []);
    }
}
