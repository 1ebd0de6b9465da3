//! Canaries: the openIds that a rule admits, by an allowlist or by the bucket of a percentage.

mod allowlist;
mod bucket;
mod compiled;
mod group_hash;
mod open_id_hashes;
mod percentage;

use std::fmt;

pub(crate) use self::allowlist::{Allowlist, EntryError};
pub use self::bucket::Bucket;
pub(crate) use self::compiled::{CompiledCanary, Groups};
pub(crate) use self::group_hash::GroupHash;
use self::open_id_hashes::GroupId;
pub(crate) use self::open_id_hashes::{HashScratch, OpenIdHashes};
pub use self::percentage::RolloutPercentage;
use crate::OpenId;

/// The most bytes of an openId.
const MAX_OPEN_ID_BYTES: u64 = (OpenId::MAX_CHARACTERS * char::MAX.len_utf8()) as u64;

/// The most steps of the SHA-256 of an openId, which a lookup computes once for all allowlists.
pub(crate) const DIGEST_STEPS: u64 = 4 * MAX_OPEN_ID_BYTES;

/// A checked canary.
///
/// Source: SPEC.md, section 2.3.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    /// The share of openIds that is admitted beside the allowlist.
    pub(crate) percentage: RolloutPercentage,
    /// The name that is hashed with an openId into its bucket. Rules with the same group admit the
    /// same openIds for the same percentage.
    pub(crate) group: Box<str>,
    /// The openIds that are admitted whatever their bucket.
    pub(crate) allowlist: Allowlist,
}

impl Canary {
    /// Returns `true` if every openId is admitted.
    pub(crate) fn admits_everybody(&self) -> bool {
        self.percentage.admits_everybody()
    }
}

/// The decision of a rule's canary on an openId, with the reason.
///
/// Displays as a phrase, such as `bucket 72.11 % is not below 5.00 %, and not on the allowlist`.
///
/// Source: SPEC.md, section 2.3.
///
/// ```
/// use codeid_engine::{Admission, Bucket, OpenId, RolloutPercentage};
/// let bucket = Bucket::new("gr1", OpenId::new("123").unwrap());
/// let percentage = RolloutPercentage::parse("72.12").unwrap();
/// let admission = Admission::InsidePercentage { bucket, percentage };
/// assert!(admission.admits());
/// assert_eq!(admission.to_string(), "bucket 72.11 % is below 72.12 %");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// Admitted: the rule has no canary.
    NoCanary,
    /// Admitted: the openId or its SHA-256 is on the allowlist.
    Allowlisted,
    /// Admitted: the openId's bucket is below the percentage.
    InsidePercentage {
        /// The openId's bucket in the rule's group.
        bucket: Bucket,
        /// The share of openIds that the rule admits.
        percentage: RolloutPercentage,
    },
    /// Not admitted: a later rule that accepts the code value may decide.
    Refused {
        /// The openId's bucket in the rule's group.
        bucket: Bucket,
        /// The share of openIds that the rule admits.
        percentage: RolloutPercentage,
    },
}

impl Admission {
    /// Returns `true` if the openId is admitted, so that the rule may decide.
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
