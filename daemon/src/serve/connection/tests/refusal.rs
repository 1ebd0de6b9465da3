//! Clients that are refused instead of served.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_refused_client_gets_the_message_and_the_end() {
    let (ours, mut theirs) = duplex(4);
    tokio::join!(refuse(ours, b"-ERR no\r\n"), async {
        assert_eq!(rest(&mut theirs).await, b"-ERR no\r\n");
    });
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_takes_nothing_is_dropped_after_the_grace() {
    let (mut ours, mut theirs) = duplex(4);
    ours.write_all(b"full").await.unwrap();
    let refused = timeout(2 * GRACE, refuse(ours, b"-ERR no\r\n")).await;
    refused.expect("the connection is dropped before");
    assert_eq!(rest(&mut theirs).await, b"full");
}
