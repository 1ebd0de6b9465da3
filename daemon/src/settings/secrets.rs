//! The settings of files that hold secrets.

use super::declarations::Keys;
use super::kind::Text;

/// The access to files that hold secrets: private keys, and the bearer token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The group that may read the files, by name or number; `None`: only their owner may.
    pub group: Option<String>,
}

impl Secrets {
    /// Declares the keys of `secrets`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            group: keys.optional(
                "secrets.group",
                Text { max: 64 },
                "The group, by name or number, that may read the files of private keys and of the bearer\n\
                 token: such a file may then be of this group, with mode 0440 or 0640. Without it, only\n\
                 its owner may have access. For secrets in Kubernetes it is the pod's fsGroup.",
            ),
        }
    }
}
