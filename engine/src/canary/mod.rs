//! The gate that admits some openIds to a rule: allowlist, then bucket against percentage.

mod allowlist;
mod bucket;
mod percentage;

use std::fmt;

pub(crate) use self::allowlist::Allowlist;
pub use self::bucket::Bucket;
pub use self::percentage::RolloutPercentage;
use crate::OpenId;

/// A rule's canary, checked.
///
/// Source: SPEC.md, section 2.3.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    pub(crate) percentage: RolloutPercentage,
    pub(crate) group: Box<str>,
    pub(crate) allowlist: Allowlist,
}

impl Canary {
    /// Whether every openId is admitted.
    pub(crate) fn admits_everybody(&self) -> bool {
        self.percentage.hundredths() == RolloutPercentage::EVERYBODY
    }

    /// Whether `open_id` is admitted, with `key` as room for what is hashed.
    pub(crate) fn admits(&self, open_id: OpenId<'_>, key: &mut Vec<u8>) -> bool {
        // A percentage of 0 needs no bucket, and is what an allowlist alone comes with.
        self.allowlist.contains(open_id)
            || self.percentage > RolloutPercentage::default()
                && self
                    .percentage
                    .admits(Bucket::with_buffer(&self.group, open_id, key))
    }

    /// Whether no openId at all is admitted.
    pub(crate) fn admits_nobody(&self) -> bool {
        self.allowlist.is_empty() && self.percentage == RolloutPercentage::default()
    }

    /// The same, with the reason.
    pub(crate) fn admission(&self, open_id: OpenId<'_>, key: &mut Vec<u8>) -> Admission {
        if self.allowlist.contains(open_id) {
            return Admission::Allowlisted;
        }
        let bucket = Bucket::with_buffer(&self.group, open_id, key);
        let percentage = self.percentage;
        if percentage.admits(bucket) {
            Admission::InsidePercentage { bucket, percentage }
        } else {
            Admission::Refused { bucket, percentage }
        }
    }
}

/// What a rule's canary says of an openId, and why.
///
/// Source: SPEC.md, section 2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// The rule has no canary, so it admits everybody.
    NoCanary,
    /// The openId, or its SHA-256, is on the allowlist.
    Allowlisted,
    /// The openId's bucket is below the percentage.
    InsidePercentage {
        /// Where the openId lies.
        bucket: Bucket,
        /// What the rule admits.
        percentage: RolloutPercentage,
    },
    /// Neither: the next rule that accepts the code value is asked.
    Refused {
        /// Where the openId lies.
        bucket: Bucket,
        /// What the rule admits.
        percentage: RolloutPercentage,
    },
}

impl Admission {
    /// Whether the rule may decide for this openId.
    #[must_use]
    pub const fn admits(self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

impl fmt::Display for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCanary => f.write_str("no canary"),
            Self::Allowlisted => f.write_str("on the allowlist"),
            Self::InsidePercentage { bucket, percentage } => {
                write!(f, "bucket {bucket} is below {percentage}")
            }
            Self::Refused { bucket, percentage } => {
                write!(
                    f,
                    "bucket {bucket} is not below {percentage}, and not on the allowlist"
                )
            }
        }
    }
}
