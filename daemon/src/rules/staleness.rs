//! The age of the live table, and the age from which it is stale.
//!
//! Source: SPEC.md, section 3.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::api::status::StalePolicy;
use crate::timestamp::milliseconds;

/// The age of the live table, and its limit.
///
/// The age is the time since the remote source last confirmed the table, by giving it or by
/// responding that it is unchanged. A table from a lower level was never confirmed: its age counts
/// from the start.
#[derive(Debug)]
pub(crate) struct Staleness {
    policy: StalePolicy,
    /// The age at which a table is stale; `None` if it never is.
    limit: Option<Duration>,
    started: Instant,
    /// The time of the last confirmation, in milliseconds after the start; 0 before the first.
    confirmed_ms: AtomicU64,
}

impl Staleness {
    /// Returns an age that counts from now. Without a `limit`, a table is never stale.
    pub(crate) fn new(policy: StalePolicy, limit: Option<Duration>) -> Self {
        Self {
            policy,
            limit,
            started: Instant::now(),
            confirmed_ms: AtomicU64::new(0),
        }
    }

    /// Resets the age, since the remote source confirmed the table.
    pub(crate) fn confirm(&self) {
        self.confirmed_ms
            .store(milliseconds(self.started.elapsed()), Relaxed);
    }

    /// Returns the reaction to a stale table.
    pub(crate) const fn policy(&self) -> StalePolicy {
        self.policy
    }

    /// Returns the age at which a table is stale; `None` if it never is.
    pub(crate) const fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Returns the time since the last confirmation, or since the start if there was none.
    pub(crate) fn age(&self) -> Duration {
        self.confirmed().elapsed()
    }

    /// Returns `true` if the age has reached its limit.
    pub(crate) fn is_stale(&self) -> bool {
        self.limit.is_some_and(|limit| self.age() >= limit)
    }

    /// Returns `true` if the table is stale and the policy sends requests elsewhere for that.
    pub(crate) fn is_unready(&self) -> bool {
        self.policy == StalePolicy::Unready && self.is_stale()
    }

    /// Logs when the table becomes stale, and within a second of its confirmation that it no longer is;
    /// nothing under [`StalePolicy::Ignore`] or without a limit. Never completes.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped at any time, since it holds no state.
    pub(crate) async fn watch(&self) {
        let Some(limit) = self.limit.filter(|_| self.policy != StalePolicy::Ignore) else {
            return std::future::pending().await;
        };
        loop {
            while !self.is_stale() {
                sleep_until(self.confirmed() + limit).await;
            }
            let stale = self.confirmed();
            tracing::warn!(
                age_ms = milliseconds(self.age()),
                limit_ms = milliseconds(limit),
                policy = %self.policy,
                "the route table is stale: the remote source has not confirmed it"
            );
            while self.confirmed() == stale {
                // The good news may come up to a second late.
                tokio::time::sleep(limit.min(Duration::from_secs(1))).await;
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
    async fn a_stale_table_is_ready_under_other_policies_and_no_table_is_stale_without_a_limit() {
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
