//! The served connections, by their peers.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::seat::Seat;
use crate::listen::peer::Peer;
use crate::metrics::{ByListener, Listener};

/// The served connections, by their peers.
#[derive(Debug, Default)]
pub(super) struct Seats(HashMap<Peer, OfPeer>);

#[derive(Debug, Default)]
struct OfPeer {
    count: ByListener<usize>,
    /// By their numbers.
    seats: HashMap<u64, Arc<Seat>>,
}

impl Seats {
    /// Adds a connection.
    pub(super) fn add(&mut self, seat: Arc<Seat>) {
        let of_peer = self.0.entry(seat.peer).or_default();
        *of_peer.count.of_mut(seat.listener) += 1;
        of_peer.seats.insert(seat.number, seat);
    }

    /// Removes a connection. Returns `false` if it is not there.
    pub(super) fn remove(&mut self, seat: &Seat) -> bool {
        let Some(of_peer) = self.0.get_mut(&seat.peer) else {
            return false;
        };
        let is_there = of_peer.seats.remove(&seat.number).is_some();
        if is_there {
            *of_peer.count.of_mut(seat.listener) -= 1;
        }
        if of_peer.seats.is_empty() {
            self.0.remove(&seat.peer);
        }
        is_there
    }

    /// Returns the peer that has most connections of the listeners that `counts` admits, and their number.
    /// `newcomer` has one more, and comes after another peer with as many.
    pub(super) fn peer_with_most(
        &self,
        counts: impl Fn(Listener) -> bool,
        newcomer: Option<Peer>,
    ) -> Option<(Peer, usize)> {
        let of_peers = self.0.iter().map(|(peer, of_peer)| {
            let of_listeners = Listener::ALL
                .into_iter()
                .filter(|listener| counts(*listener));
            let count: usize = of_listeners
                .map(|listener| *of_peer.count.of(listener))
                .sum();
            let is_newcomer = newcomer == Some(*peer);
            (*peer, count + usize::from(is_newcomer), is_newcomer)
        });
        let most = of_peers.max_by_key(|(_, count, is_newcomer)| (*count, Reverse(*is_newcomer)));
        most.map(|(peer, count, _)| (peer, count))
    }

    /// Returns the connection of that peer that is idle for the longest time; `None` if none is idle, as
    /// `idle_since` finds it.
    pub(super) fn longest_idle(
        &self,
        counts: impl Fn(Listener) -> bool,
        newcomer: Option<Peer>,
        idle_since: impl Fn(&Seat) -> Option<u64>,
    ) -> Option<Arc<Seat>> {
        let (peer, _) = self.peer_with_most(&counts, newcomer)?;
        let seats = self.0.get(&peer)?.seats.values();
        let idle = seats
            .filter(|seat| counts(seat.listener))
            .filter_map(|seat| Some((idle_since(seat)?, seat)));
        let (_, seat) = idle.min_by_key(|(since, seat)| (*since, seat.number))?;
        Some(Arc::clone(seat))
    }
}
