//! The position of an openId in the rollouts of a group.

use std::fmt;

use super::GroupHash;
use crate::OpenId;

/// An openId's position in the rollouts of a group: `0..10_000`, in hundredths of a percent.
///
/// It depends on the group and the openId only and never changes. A canary of 10 % therefore admits
/// every openId that a canary of 5 % with the same group admits, and a whole percentage admits
/// exactly the openIds that Unleash's `gradualRolloutUserId` with that `groupId` admits as `userId`, if both
/// texts are ASCII.
///
/// Source: SPEC.md, section 2.3.
///
/// ```
/// use codeid_engine::{Bucket, OpenId};
/// let bucket = Bucket::new("gr1", OpenId::new("123").unwrap());
/// assert_eq!(bucket.to_string(), "72.11 %");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket that every percentage above 0 admits.
    pub(super) const LOWEST: Self = Self(0);

    /// Computes the bucket of `open_id` in `group`, which is any text; a config allows 1 to 256
    /// characters.
    ///
    /// # Complexity
    ///
    /// Linear in the bytes of both. It does not allocate.
    #[must_use]
    pub fn new(group: &str, open_id: OpenId<'_>) -> Self {
        Self::in_group(GroupHash::new(group), open_id)
    }

    /// Computes the bucket of `open_id` in the group that was hashed.
    pub(super) fn in_group(group: GroupHash, open_id: OpenId<'_>) -> Self {
        let hash = group.with(open_id);
        // Not `hash % 10_000`: the whole percent must be `hash % 100`, as in Unleash.
        let hundredths = (hash % 100) * 100 + (hash / 100) % 100;
        Self(u16::try_from(hundredths).expect("two numbers below 100 make one below 10000"))
    }

    /// Returns the number of the bucket, `0..10_000`.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Displays a percentage with two decimal places, to be compared by eye with a rule's: `72.11 %`.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}
