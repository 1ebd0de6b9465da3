//! How long ago the remote source last confirmed what serves, and what an old table means.
//!
//! Source: SPEC.md, section 3.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::settings::StalePolicy;
use crate::timestamp::milliseconds;

/// The age of what serves, and its limit.
///
/// A table is confirmed when it is activated from the remote, and whenever the remote answers that
/// it is unchanged. One from a lower level never was: its age counts from the start.
#[derive(Debug)]
pub(crate) struct Staleness {
    policy: StalePolicy,
    /// The age from which on it is stale; `None`: it never is.
    after: Option<Duration>,
    started: Instant,
    /// When it was confirmed last, in milliseconds after the start; 0: never.
    confirmed_ms: AtomicU64,
}

impl Staleness {
    /// Begins to count. `after`: `None` if nothing is ever stale.
    pub(crate) fn new(policy: StalePolicy, after: Option<Duration>) -> Self {
        Self {
            policy,
            after,
            started: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
        }
    }

    pub(crate) fn confirm(&self) {
        self.confirmed_ms
            .store(milliseconds(self.started.elapsed()), Relaxed);
    }

    pub(crate) const fn policy(&self) -> StalePolicy {
        self.policy
    }

    pub(crate) const fn after(&self) -> Option<Duration> {
        self.after
    }

    pub(crate) fn age(&self) -> Duration {
        self.confirmed().elapsed()
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.after.is_some_and(|after| self.age() >= after)
    }

    /// Whether requests should be sent elsewhere for it.
    pub(crate) fn is_unready(&self) -> bool {
        self.policy == StalePolicy::Unready && self.is_stale()
    }

    /// Logs when the table becomes stale and when it no longer is, for as long as it is polled.
    pub(crate) async fn watch(&self) {
        let Some(after) = self.after.filter(|_| self.policy != StalePolicy::Ignore) else {
            return std::future::pending().await;
        };
        loop {
            while !self.is_stale() {
                sleep_until(self.confirmed() + after).await;
            }
            let stale = self.confirmed();
            tracing::warn!(
                age_ms = milliseconds(self.age()),
                limit_ms = milliseconds(after),
                policy = self.policy.word(),
                "the route table is stale: the remote source has not confirmed it"
            );
            while self.confirmed() == stale {
                // It is not urgent to say that all is well again.
                tokio::time::sleep(after.min(Duration::from_secs(1))).await;
            }
            tracing::info!("the route table is no longer stale");
        }
    }

    fn confirmed(&self) -> Instant {
        self.started + Duration::from_millis(self.confirmed_ms.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_table_is_stale_until_it_is_confirmed() {
        let staleness = Staleness::new(StalePolicy::Unready, Some(Duration::from_secs(10)));
        let step = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        step(9).await;
        assert!(!staleness.is_unready());
        step(1).await;
        assert!(staleness.is_stale() && staleness.is_unready());
        staleness.confirm();
        assert!(!staleness.is_unready());
        assert_eq!(staleness.age(), Duration::ZERO);
        step(10).await;
        assert!(staleness.is_unready());
    }

    #[tokio::test(start_paused = true)]
    async fn other_policies_keep_nobody_away_and_without_a_limit_nothing_is_stale() {
        for policy in [StalePolicy::Ignore, StalePolicy::Warn] {
            let staleness = Staleness::new(policy, Some(Duration::from_secs(1)));
            tokio::time::advance(Duration::from_secs(2)).await;
            assert!(staleness.is_stale() && !staleness.is_unready());
        }
        let never = Staleness::new(StalePolicy::Unready, None);
        tokio::time::advance(Duration::from_hours(1000)).await;
        assert!(!never.is_stale());
    }
}
