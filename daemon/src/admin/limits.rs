//! The numbers of connections to the admin plane.

/// The most connections of a listener that are served at once, each with a caller that may make its
/// request.
const SERVED: usize = 16;

/// The most connections of a listener beside them, whose caller is not known yet, or has no role.
const WAITING: usize = 64;

/// The most connections of each listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AdminLimits {
    /// The most that are served at once, from 1 to 16.
    pub(super) served: usize,
    /// The most beside them, from 1 to 64.
    pub(super) waiting: usize,
}

impl AdminLimits {
    /// Returns the most clients that may watch decisions: a quarter of the connections that are served, so that they
    /// leave room for others.
    pub(crate) const fn watching(self) -> usize {
        self.served / 4
    }

    /// Returns the number of file descriptors that the connections of this many listeners need: 80 for each.
    pub(crate) const fn descriptors(listeners: usize) -> usize {
        listeners * (SERVED + WAITING)
    }

    /// Returns the limits of each of `listeners` listeners, whose connections may have `descriptors` file
    /// descriptors together. Each listener has at least one connection of both kinds, even if there are fewer.
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
