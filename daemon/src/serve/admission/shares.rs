//! The division of `http.max-connections` among the listeners.

use crate::metrics::{ByListener, Listener};

/// One part in this many of all connections is divided among the listeners; the rest is common.
const DIVISOR: usize = 4;

/// The connections that each listener has of its own, and those that all have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    /// The connections of one listener that no other listener takes; 1 or more.
    own: usize,
    /// The connections of any listener, beyond its own.
    common: usize,
}

impl Shares {
    /// Divides `all` connections among this many open listeners, each of which gets one at least.
    pub(super) fn new(all: usize, listeners: usize) -> Self {
        let own = (all / (DIVISOR * listeners.max(1))).max(1);
        Self {
            own,
            common: all.saturating_sub(own * listeners),
        }
    }

    /// Returns `true` if `listener` may have another connection while `open` are open.
    pub(super) fn has_room(self, listener: Listener, open: &ByListener<usize>) -> bool {
        let common: usize = open
            .iter()
            .map(|count| count.saturating_sub(self.own))
            .sum();
        *open.of(listener) < self.own || common < self.common
    }

    /// Returns `true` if the end of a connection of `other` makes room for one of `listener`, which has
    /// none while `open` are open.
    pub(super) fn frees(
        self,
        other: Listener,
        listener: Listener,
        open: &ByListener<usize>,
    ) -> bool {
        other == listener || *open.of(other) > self.own
    }
}

#[cfg(test)]
mod tests {
    use super::Listener::{Http, Resp, Unix};
    use super::*;

    const fn open(http: usize, unix: usize, resp: usize) -> ByListener<usize> {
        ByListener { http, unix, resp }
    }

    #[test]
    fn a_quarter_is_divided_and_the_rest_is_common() {
        let shares = Shares::new(4096, 3);
        assert_eq!(
            shares,
            Shares {
                own: 341,
                common: 3073
            }
        );
        let mut all = open(3414, 0, 0);
        assert!(!shares.has_room(Http, &all));
        assert!(shares.has_room(Unix, &all) && shares.has_room(Resp, &all));
        all = open(3414, 341, 340);
        assert!(!shares.has_room(Unix, &all));
        assert!(shares.has_room(Resp, &all));
        all = open(3413, 341, 341);
        assert!(
            Listener::ALL
                .iter()
                .all(|listener| shares.has_room(*listener, &all))
        );
    }

    #[test]
    fn only_what_a_listener_has_beyond_its_share_makes_room_for_others() {
        let shares = Shares::new(12, 3);
        assert_eq!(shares, Shares { own: 1, common: 9 });
        let open = open(10, 1, 0);
        assert!(shares.frees(Http, Unix, &open));
        assert!(shares.frees(Unix, Unix, &open));
        assert!(!shares.frees(Unix, Http, &open));
    }

    #[test]
    fn every_open_listener_has_a_connection() {
        for all in 1..20 {
            for listeners in 1..=3 {
                let shares = Shares::new(all, listeners);
                assert!(shares.has_room(Http, &open(0, all, all)));
                let together = shares.own * listeners + shares.common;
                assert_eq!(together, all.max(listeners));
            }
        }
    }
}
