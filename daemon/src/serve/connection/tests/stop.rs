//! Connections that are closed because the daemon stops, or another connection has their place.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_stop_closes_a_connection_that_is_idle_at_once() {
    let shutdown = Shutdown::default();
    with_client(32, 0, &shutdown, |mut client| {
        let shutdown = &shutdown;
        async move {
            echo(&mut client, b"a\n").await;
            sleep(GRACE).await;
            shutdown.enter(Stage::Drain);
            let began = Instant::now();
            assert_eq!(rest(&mut client).await, b"");
            assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_displaced_once_it_has_been_idle_for_ten_seconds() {
    let admission = one_place();
    with_admitted(&admission, 32, 0, &Shutdown::default(), |mut client| {
        let admission = &admission;
        async move {
            for _ in 0..2 {
                echo(&mut client, b"a\n").await;
                sleep(DISPLACEABLE - SOON).await;
                assert!(place(admission).refusal().is_some());
            }
            sleep(DISPLACEABLE).await;
            let (began, newcomer) = (Instant::now(), place(admission));
            assert!(newcomer.refusal().is_none());
            assert_eq!(rest(&mut client).await, b"");
            assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_begins_while_its_connection_is_displaced_is_answered() {
    let admission = one_place();
    with_admitted(&admission, 32, 0, &Shutdown::default(), |mut client| {
        let admission = &admission;
        async move {
            echo(&mut client, b"a\n").await;
            sleep(DISPLACEABLE).await;
            client.write_all(b"b").await.unwrap();
            // The connection has not seen it.
            let newcomer = place(admission);
            assert!(newcomer.refusal().is_none());
            sleep(GRACE - SOON).await;
            client.write_all(b"c\n").await.unwrap();
            assert_eq!(rest(&mut client).await, b"bc\n");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn at_a_stop_a_client_that_was_just_answered_can_send_one_more_request() {
    let shutdown = Shutdown::default();
    with_client(32, 0, &shutdown, |mut client| {
        let shutdown = &shutdown;
        async move {
            echo(&mut client, b"a\n").await;
            shutdown.enter(Stage::Drain);
            sleep(GRACE - SOON).await;
            echo(&mut client, b"b\n").await;
            let began = Instant::now();
            assert_eq!(rest(&mut client).await, b"");
            let waited = began.elapsed();
            assert!(
                waited >= GRACE - SOON && waited < GRACE + SOON,
                "{waited:?}"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn at_a_stop_half_a_request_is_given_up_when_its_client_is_silent_or_never_done() {
    // The pieces come after these pauses, and the connection is closed after this time.
    for (pause, given_up) in [(GRACE * 2, GRACE), (GRACE / 2, MAX_GRACE)] {
        let shutdown = Shutdown::default();
        with_client(32, 0, &shutdown, |mut client| {
            let shutdown = &shutdown;
            async move {
                client.write_all(b"x").await.unwrap();
                sleep(LINE / 8).await;
                shutdown.enter(Stage::Drain);
                let began = Instant::now();
                let (mut from, mut to) = tokio::io::split(client);
                let sending = async {
                    loop {
                        sleep(pause).await;
                        if to.write_all(b"x").await.is_err() {
                            break;
                        }
                    }
                };
                let mut received = Vec::new();
                let receiving = async {
                    let _ = from.read_to_end(&mut received).await;
                    began.elapsed()
                };
                let (waited, ()) = tokio::join!(receiving, sending);
                assert!(received.is_empty());
                assert!(waited >= given_up && waited < given_up + SOON, "{waited:?}");
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn at_a_stop_a_request_that_makes_progress_is_answered() {
    let shutdown = Shutdown::default();
    with_client(32, 0, &shutdown, |mut client| {
        let shutdown = &shutdown;
        async move {
            client.write_all(b"b").await.unwrap();
            sleep(LINE / 8).await;
            shutdown.enter(Stage::Drain);
            sleep(GRACE - SOON).await;
            client.write_all(b"c").await.unwrap();
            sleep(GRACE - SOON).await;
            client.write_all(b"\n").await.unwrap();
            assert_eq!(rest(&mut client).await, b"bc\n");
        }
    })
    .await;
}

/// Serves a client that sends a request when the daemon has begun to stop, but before the runtime has
/// looked at its socket.
async fn answered_at_the_last_moment<T: Transport>(
    ours: T,
    mut theirs: impl Read + Write,
) -> Vec<u8> {
    let shutdown = Shutdown::default();
    let budget = Arc::new(Budget::new(0));
    let (now, place) = (Instant::now(), place(&one_place()));
    let serving = serve(Lines::default(), ours, now, &budget, &shutdown, &place);
    let mut serving = pin!(serving);
    // The connection waits, and has been idle for longer than its grace.
    tokio::select! {
        biased;
        () = &mut serving => panic!("the connection ended"),
        () = sleep(2 * GRACE) => {}
    }
    shutdown.enter(Stage::Drain);
    theirs.write_all(b"a\n").unwrap();
    serving.await;
    let mut received = Vec::new();
    theirs.read_to_end(&mut received).unwrap();
    received
}

#[tokio::test]
async fn at_a_stop_a_request_that_the_system_has_received_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = StdTcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    let ours = TcpStream::from_std(ours).unwrap();
    assert_eq!(answered_at_the_last_moment(ours, theirs).await, b"a\n");

    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let ours = tokio::net::UnixStream::from_std(ours).unwrap();
    assert_eq!(answered_at_the_last_moment(ours, theirs).await, b"a\n");
}
