//! The limit of the process on file descriptors, and its division among the parts whose number clients
//! choose.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The descriptors that the daemon opens later, whatever clients do: files that it reads and writes, and
/// calls to sources.
const RESERVED: usize = 12;

/// The number of descriptors that count as open where the system does not list them.
const USUALLY_OPEN: usize = 64;

/// The least descriptors of the admin plane, if it has listeners.
const LEAST_ADMIN: usize = 8;

/// The descriptors of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    /// Those of the serving listeners.
    pub(crate) serving: usize,
    /// Those of sdkProxy to other servers.
    pub(crate) forwarding: usize,
    /// Those of the admin plane.
    pub(crate) admin: usize,
}

impl Descriptors {
    /// Raises the soft limit as far as these descriptors need beside those that are open, and the hard
    /// limit allows. Returns them, or fewer if that is not enough, which is logged.
    ///
    /// The admin plane and the files of the daemon have their descriptors first, so that no number of
    /// clients of the serving listeners can take them.
    pub(crate) fn allow(self) -> Self {
        let others = open() + RESERVED;
        let needed = others + self.sum();
        let limit = raise_limit(needed);
        let allowed = self.within(limit.saturating_sub(others));
        if allowed != self {
            tracing::warn!(
                limit,
                needed,
                connections = allowed.serving,
                admin_connections = allowed.admin,
                "the limit of open files allows fewer connections than the settings"
            );
        }
        allowed
    }

    const fn sum(self) -> usize {
        self.serving + self.forwarding + self.admin
    }

    /// Returns as many as there are of `available` ones: first up to a quarter for the admin plane,
    /// and then the others in proportion.
    fn within(self, available: usize) -> Self {
        if self.sum() <= available {
            return self;
        }
        let admin = self.admin.min(LEAST_ADMIN.max(available / 4));
        let rest = available.saturating_sub(admin);
        let wanted = (self.serving + self.forwarding).max(1);
        let forwarding = rest * self.forwarding / wanted;
        Self {
            serving: rest - forwarding,
            forwarding,
            admin,
        }
    }
}

/// Returns the number of descriptors that are open.
fn open() -> usize {
    // One of them is that of the directory which lists them.
    fs::read_dir("/proc/self/fd").map_or(USUALLY_OPEN, |open| open.count().saturating_sub(1))
}

/// Raises the soft limit to `needed`, or as far as possible. Returns the limit that holds.
fn raise_limit(needed: usize) -> usize {
    let (soft, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => {
            tracing::warn!(%error, "cannot read the limit of open files");
            return usize::MAX;
        }
    };
    let as_count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    if as_count(soft) >= needed {
        return as_count(soft);
    }
    let wanted = hard.min(needed as u64);
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => as_count(wanted),
        Err(error) => {
            tracing::warn!(%error, limit = soft, "cannot raise the limit of open files");
            as_count(soft)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptors(serving: usize, forwarding: usize, admin: usize) -> Descriptors {
        Descriptors {
            serving,
            forwarding,
            admin,
        }
    }

    #[test]
    fn the_admin_plane_has_its_descriptors_first() {
        let wanted = descriptors(4000, 1000, 160);
        assert_eq!(wanted.within(5160), wanted);
        assert_eq!(wanted.within(5159), descriptors(4000, 999, 160));
        assert_eq!(wanted.within(1000), descriptors(672, 168, 160));
        assert_eq!(wanted.within(100), descriptors(60, 15, 25));
        assert_eq!(wanted.within(20), descriptors(10, 2, 8));
        assert_eq!(wanted.within(4), descriptors(0, 0, 8));
        assert_eq!(descriptors(4000, 0, 0).within(20), descriptors(20, 0, 0));
    }

    #[test]
    fn open_descriptors_are_counted() {
        let before = open();
        let files: Vec<_> = (0..50)
            .map(|_| fs::File::open("/dev/null").unwrap())
            .collect();
        // Other tests open and close some at the same time.
        assert!(open() > before.saturating_sub(25));
        drop(files);
    }
}
