//! The numbers of connections to the admin plane.

/// The most connections of a listener that are served at once, each with a caller that may make its
/// request.
const SERVED: usize = 16;

/// The most connections of a listener beside them, whose caller is not known yet, or has no role.
const WAITING: usize = 64;

/// The most connections of each listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AdminLimits {
    /// Those that are served.
    pub(super) served: usize,
    /// Those beside them.
    pub(super) waiting: usize,
}

impl AdminLimits {
    /// Returns the number of descriptors that this many listeners need.
    pub(crate) const fn descriptors(listeners: usize) -> usize {
        listeners * (SERVED + WAITING)
    }

    /// Returns the limits of each of `listeners` which have this many descriptors together.
    pub(crate) fn new(listeners: usize, descriptors: usize) -> Self {
        let of_each = descriptors / listeners.max(1);
        let served = SERVED.min((of_each / 2).max(1));
        Self {
            served,
            waiting: WAITING.min(of_each.saturating_sub(served).max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_descriptors_are_divided_between_the_listeners_and_in_halves() {
        let limits = |listeners, descriptors| {
            let limits = AdminLimits::new(listeners, descriptors);
            (limits.served, limits.waiting)
        };
        assert_eq!(limits(2, AdminLimits::descriptors(2)), (16, 64));
        assert_eq!(limits(2, 40), (10, 10));
        assert_eq!(limits(1, 40), (16, 24));
        assert_eq!(limits(2, 8), (2, 2));
        assert_eq!(limits(2, 0), (1, 1));
    }
}
