//! The connections of a listener whose caller is not known yet.
//!
//! Anyone who reaches the listener can open some. So they are few, and when there are as many as may be, a
//! new one displaces the oldest of the peer that has most.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::listen::peer::Peer;
use crate::sync::Mutex;

/// The connections of a listener whose caller is not known yet, or waits to be served.
#[derive(Debug)]
pub(super) struct Lobby {
    most: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// The connections whose caller is not known, by their peers and numbers, the oldest first.
    strangers: HashMap<Peer, BTreeMap<u64, Arc<Notify>>>,
    /// The numbers of the connections whose caller is known, which are not displaced.
    known: HashSet<u64>,
    /// The number of connections in both.
    count: usize,
    last_number: u64,
    /// The number of connections that were displaced, or found no room.
    turned_away: u64,
}

/// A connection in the lobby, which leaves it on drop.
#[derive(Debug)]
pub(super) struct Visitor {
    lobby: Arc<Lobby>,
    peer: Peer,
    number: u64,
    displaced: Arc<Notify>,
}

impl Lobby {
    /// Creates a lobby for this many connections.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            inside: Mutex::default(),
        }
    }

    /// Lets a connection of `peer` in. If there is no room, the oldest of the peer that has most is
    /// displaced; returns `None` if none may be.
    pub(super) fn enter(self: &Arc<Self>, peer: Peer) -> Option<Visitor> {
        let mut inside = self.inside.lock();
        if inside.count >= self.most {
            inside.turned_away += 1;
            inside.displace()?;
        }
        inside.count += 1;
        inside.last_number += 1;
        let (number, displaced) = (inside.last_number, Arc::new(Notify::new()));
        let of_peer = inside.strangers.entry(peer).or_default();
        of_peer.insert(number, Arc::clone(&displaced));
        Some(Visitor {
            lobby: Arc::clone(self),
            peer,
            number,
            displaced,
        })
    }

    /// Returns the number of connections that were displaced or found no room since the last call.
    pub(super) fn take_turned_away(&self) -> u64 {
        std::mem::take(&mut self.inside.lock().turned_away)
    }
}

impl Visitor {
    /// Completes when the connection is displaced.
    pub(super) async fn displaced(&self) {
        self.displaced.notified().await;
    }

    /// Notes that the caller is known and may make its request, so that the connection is not displaced.
    pub(super) fn recognise(&self) {
        let mut inside = self.lobby.inside.lock();
        if inside.remove_stranger(self.peer, self.number) {
            inside.count += 1;
            inside.known.insert(self.number);
        }
    }

    /// Leaves the lobby.
    pub(super) fn leave(&self) {
        let mut inside = self.lobby.inside.lock();
        if inside.known.remove(&self.number) {
            inside.count -= 1;
        } else {
            inside.remove_stranger(self.peer, self.number);
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Inside {
    fn displace(&mut self) -> Option<()> {
        let of_peers = self.strangers.iter();
        let (peer, visitors) = of_peers.max_by_key(|(_, visitors)| visitors.len())?;
        let (number, displaced) = visitors.first_key_value()?;
        displaced.notify_one();
        let (peer, number) = (*peer, *number);
        self.remove_stranger(peer, number);
        Some(())
    }

    /// Removes a connection whose caller is not known. Returns `false` if it is not there.
    fn remove_stranger(&mut self, peer: Peer, number: u64) -> bool {
        let Some(of_peer) = self.strangers.get_mut(&peer) else {
            return false;
        };
        let was_there = of_peer.remove(&number).is_some();
        if of_peer.is_empty() {
            self.strangers.remove(&peer);
        }
        self.count -= usize::from(was_there);
        was_there
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::futures::Notified;

    use super::*;

    const FEW: Peer = Peer::User(1);
    const MANY: Peer = Peer::User(2);

    fn is_displaced(visitor: &Visitor) -> bool {
        let mut displaced = std::pin::pin!(visitor.displaced.notified());
        Notified::enable(displaced.as_mut())
    }

    #[test]
    fn a_full_lobby_displaces_the_oldest_of_the_peer_that_has_most() {
        let lobby = Arc::new(Lobby::new(4));
        let first = lobby.enter(FEW).unwrap();
        let many: Vec<Visitor> = (0..3).map(|_| lobby.enter(MANY).unwrap()).collect();
        assert_eq!(lobby.take_turned_away(), 0);
        let newcomer = lobby.enter(FEW).unwrap();
        assert_eq!(lobby.take_turned_away(), 1);
        let displaced = many.iter().map(is_displaced);
        assert_eq!(displaced.collect::<Vec<_>>(), [true, false, false]);
        assert!(!is_displaced(&first) && !is_displaced(&newcomer));
        // One that is displaced does not leave twice.
        drop(many);
        assert_eq!(lobby.inside.lock().count, 2);
        drop((first, newcomer));
        assert_eq!(lobby.inside.lock().count, 0);
    }

    #[test]
    fn a_known_caller_is_not_displaced() {
        let lobby = Arc::new(Lobby::new(2));
        let (known, stranger) = (lobby.enter(MANY).unwrap(), lobby.enter(MANY).unwrap());
        known.recognise();
        let second = lobby.enter(MANY).unwrap();
        assert!(is_displaced(&stranger) && !is_displaced(&known));
        second.recognise();
        assert!(lobby.enter(FEW).is_none());
        known.leave();
        let third = lobby.enter(FEW).unwrap();
        drop((known, stranger, second, third));
        assert_eq!(lobby.inside.lock().count, 0);
    }
}
