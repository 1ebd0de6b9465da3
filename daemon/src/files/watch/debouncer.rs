//! Decides when a file that is being changed has settled.

use std::time::Duration;

use tokio::time::Instant;

use super::snapshot::{FileSnapshot, Fingerprint};

/// The time for which a file must be left alone if it is unreadable or its content is not a
/// complete JSON text. It is longer than a writer pauses; afterwards the state is taken for
/// intended.
const INCOMPLETE_DEBOUNCE: Duration = Duration::from_secs(2);

/// The longest time that a file may take to settle; then its content is taken as it is.
pub(super) const MAX_SETTLING: Duration = Duration::from_secs(5);

/// Compares the snapshots of a file until its content has settled.
pub(super) struct Debouncer {
    debounce: Duration,
    /// The time of the first snapshot.
    begun: Option<Instant>,
    /// The content of the last snapshot, and since when the file has had it.
    last: Option<(Fingerprint, Instant)>,
}

impl Debouncer {
    /// Returns a debouncer for a file that must be left alone for `debounce`.
    pub(super) const fn new(debounce: Duration) -> Self {
        Self {
            debounce,
            begun: None,
            last: None,
        }
    }

    /// Returns `true` if the file has settled as of `snapshot`, the next one of the file.
    ///
    /// The file counts as left alone for at least `untouched_for`, even if earlier snapshots do not
    /// show that.
    pub(super) fn has_settled(&mut self, snapshot: &FileSnapshot, untouched_for: Duration) -> bool {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let since = match &self.last {
            Some((fingerprint, since)) if *fingerprint == snapshot.fingerprint => *since,
            _ => Instant::now(),
        };
        self.last = Some((snapshot.fingerprint.clone(), since));
        let needed = if snapshot.is_complete {
            self.debounce
        } else {
            INCOMPLETE_DEBOUNCE.max(self.debounce)
        };
        since.elapsed().max(untouched_for) >= needed || begun.elapsed() >= MAX_SETTLING
    }
}
