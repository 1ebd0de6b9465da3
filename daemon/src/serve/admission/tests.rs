//! Admission without sockets, in paused time.

use tokio::time::advance;

use super::Listener::{Http, Resp, Unix};
use super::*;

const GATEWAY: Peer = Peer::User(1);
const OTHER: Peer = Peer::User(2);

fn admission(served: usize) -> Arc<Admission> {
    let limits = ConnectionLimits { served, refused: 2 };
    Arc::new(Admission::new(limits, 3, Arc::default()))
}

/// Admits connections that are idle from now on.
fn idle(admission: &Arc<Admission>, listener: Listener, peer: Peer, count: usize) -> Vec<Place> {
    let admit = |_| {
        let place = admission.admit(listener, peer, true).unwrap();
        assert!(place.refusal().is_none());
        place.set_idle(Instant::now());
        place
    };
    (0..count).map(admit).collect()
}

fn displaced(places: &[Place]) -> usize {
    places.iter().filter(|place| place.is_displaced()).count()
}

#[test]
fn few_descriptors_are_mostly_for_connections_that_are_served() {
    let limits = |served, descriptors| {
        let limits = ConnectionLimits::new(served, 3, descriptors);
        (limits.served, limits.refused)
    };
    assert_eq!(limits(4096, 4096 + 4 * 64), (4096, 64));
    assert_eq!(limits(3, 3 + 4 * 64), (3, 64));
    assert_eq!(limits(4096, 4096), (3840, 64));
    assert_eq!(limits(4096, 160), (120, 10));
    assert_eq!(limits(4096, 10), (6, 1));
    assert_eq!(limits(4096, 0), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_listener_takes_the_share_of_another() {
    let admission = admission(12);
    let http = idle(&admission, Http, OTHER, 10);
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    let unix = idle(&admission, Unix, GATEWAY, 1);
    let resp = idle(&admission, Resp, GATEWAY, 1);
    assert!(
        admission
            .admit(Unix, GATEWAY, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    assert_eq!(admission.open(), 12);
    drop(http);
    let more = idle(&admission, Resp, GATEWAY, 9);
    assert!(
        admission
            .admit(Resp, GATEWAY, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    drop((unix, resp, more));
    assert_eq!(admission.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_displaces_an_idle_connection_of_the_peer_that_has_most() {
    let admission = admission(12);
    let few = idle(&admission, Unix, GATEWAY, 3);
    advance(IDLE).await;
    let many = idle(&admission, Unix, OTHER, 7);
    advance(IDLE - Duration::from_millis(1)).await;
    // Those of the other peer are idle for longer, and stay.
    assert!(
        admission
            .admit(Unix, GATEWAY, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    advance(SEARCH_PAUSE).await;
    many[0].set_idle(Instant::now());
    many[1].set_busy();
    let newcomer = admission.admit(Unix, GATEWAY, true).unwrap();
    assert!(newcomer.refusal().is_none());
    assert_eq!((displaced(&few), displaced(&many)), (0, 1));
    assert!(!many[0].is_displaced() && !many[1].is_displaced());
    // The place of the displaced connection is not given away twice.
    assert_eq!(admission.open(), 11);
    drop(many);
    assert_eq!(admission.open(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_counts_among_the_connections_of_its_peer() {
    let admission = admission(12);
    let (one, other) = (
        idle(&admission, Unix, GATEWAY, 5),
        idle(&admission, Unix, OTHER, 5),
    );
    advance(IDLE).await;
    let newcomers: Vec<Place> = (0..2)
        .map(|_| admission.admit(Unix, OTHER, true).unwrap())
        .collect();
    assert_eq!((displaced(&one), displaced(&other)), (0, 2));
    drop((one, other, newcomers));
}

#[tokio::test(start_paused = true)]
async fn only_connections_whose_end_makes_room_are_displaced() {
    let admission = admission(12);
    // The one connection of resp is its own: its end would make no room for another listener.
    let resp = idle(&admission, Resp, GATEWAY, 1);
    let unix = idle(&admission, Unix, GATEWAY, 10);
    for place in &unix {
        place.set_busy();
    }
    advance(IDLE).await;
    assert!(
        admission
            .admit(Unix, GATEWAY, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    advance(SEARCH_PAUSE).await;
    let newcomer = admission.admit(Resp, GATEWAY, true).unwrap();
    assert!(newcomer.refusal().is_none());
    assert_eq!((displaced(&resp), displaced(&unix)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_a_few_are_closed_at_once() {
    let admission = admission(3);
    let served = idle(&admission, Http, OTHER, 1);
    let refused: Vec<Place> = (0..2)
        .map(|_| admission.admit(Http, OTHER, true).unwrap())
        .collect();
    assert!(refused.iter().all(|place| place.refusal().is_some()));
    assert!(admission.admit(Http, OTHER, true).is_none());
    assert!(
        admission
            .admit(Unix, OTHER, true)
            .unwrap()
            .refusal()
            .is_none()
    );
    let sums = admission.sums.take().unwrap();
    assert_eq!(
        (sums.refused, sums.displaced),
        (
            ByListener {
                http: 3,
                unix: 0,
                resp: 0
            },
            0
        )
    );
    assert_eq!(admission.sums.take(), None);
    drop(refused);
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    drop(served);
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_are_displaced_at_once_as_may_be_open_beside_the_others() {
    let admission = admission(3);
    let places = idle(&admission, Http, OTHER, 1);
    let mut leaving = Vec::from_iter(places);
    for _ in 0..2 {
        advance(IDLE).await;
        leaving.extend(idle(&admission, Http, OTHER, 1));
    }
    advance(IDLE).await;
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_some()
    );
    leaving.remove(0);
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_memory_is_refused() {
    let admission = admission(12);
    let refused = admission.admit(Http, OTHER, false).unwrap();
    assert_eq!(refused.refusal(), Some(Refusal::NoMemory));
    assert!(
        admission
            .admit(Http, OTHER, true)
            .unwrap()
            .refusal()
            .is_none()
    );
    let sums = admission.sums.take().unwrap();
    let [none, one] = [0, 1].map(|http| ByListener {
        http,
        ..ByListener::default()
    });
    assert_eq!((sums.refused, sums.without_memory), (none, one));
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_memory_displaces_an_idle_one_of_its_listener() {
    let admission = admission(12);
    let http = idle(&admission, Http, OTHER, 2);
    let unix = idle(&admission, Unix, OTHER, 5);
    let admit = || {
        let newcomer = admission.admit(Http, OTHER, false).unwrap();
        assert_eq!(newcomer.refusal(), Some(Refusal::NoMemory));
    };
    advance(IDLE - Duration::from_millis(1)).await;
    admit();
    assert_eq!(displaced(&http), 0);
    advance(SEARCH_PAUSE).await;
    admit();
    // The end of a connection of another listener gives this one's part no memory back.
    assert_eq!((displaced(&http), displaced(&unix)), (1, 0));
    let sums = admission.sums.take().unwrap();
    assert_eq!(sums.without_memory.http, 2);
    assert_eq!((sums.displaced_for_memory, sums.displaced), (1, 0));
    drop((http, unix));
    assert_eq!(admission.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_with_the_last_connection() {
    let admission = admission(12);
    assert_eq!(admission.drain(Duration::ZERO).await, 0);
    let places = idle(&admission, Http, OTHER, 2);
    assert_eq!(admission.drain(Duration::from_secs(1)).await, 2);
    let close = async {
        sleep(Duration::from_secs(5)).await;
        drop(places);
    };
    let (left, ()) = tokio::join!(admission.drain(Duration::MAX), close);
    assert_eq!(left, 0);
}
