//! The limit of the process on file descriptors.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The descriptors that are open beside connections: listeners, event queues, files.
const OTHERS: u64 = 64;

/// Raises the soft limit as far as `connections` need and the hard limit allows. If that is too little
/// or fails, it is only logged.
pub(crate) fn raise_limit(connections: usize) {
    let needed = connections as u64 + OTHERS;
    let (soft, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => {
            tracing::warn!(%error, "cannot read the limit of open files");
            return;
        }
    };
    if soft >= needed {
        return;
    }
    let wanted = needed.min(hard);
    if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        tracing::warn!(%error, limit = soft, "cannot raise the limit of open files");
    } else if wanted < needed {
        tracing::warn!(
            limit = wanted,
            needed,
            "the limit of open files is below what http.max-connections needs"
        );
    }
}
