//! Faults over HTTP/2: whatever breaks, each call sends at most one request upstream.

use super::gateway::{CLIENT_ID, End, RESPONSE_TIME, SUCCESS, signature_of};
use super::http2_frames::{GOAWAY, RST_STREAM, Script, Server, frame, response};
use super::{Fixture, post, request};

const ENDS: [End; 3] = [End::Orderly, End::Fin, End::Reset];

fn success() -> Vec<u8> {
    let signature = signature_of(SUCCESS.as_bytes());
    let headers = [
        ("client-id", CLIENT_ID),
        ("response-time", RESPONSE_TIME),
        ("signature", &signature),
    ];
    response(&headers, SUCCESS.as_bytes())
}

#[tokio::test]
async fn a_request_is_not_sent_again_if_the_connection_ends_at_any_of_its_bytes() {
    let mut fixture = Fixture::new();
    let server = Server::start(&fixture, |number| Script {
        read_at_most: number,
        response: success(),
        end: ENDS[number % 3],
    })
    .await;
    fixture.settings.upstream = server.url.parse().unwrap();
    let proxy = fixture.proxy();
    let mut number = 0;
    loop {
        let response = post(&proxy, request()).await;
        assert_eq!(server.accepted(), number + 1);
        assert!(server.requests() <= number + 1);
        if response.is_success() {
            // The request was complete.
            break;
        }
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION", "{number}");
        number += 1;
    }
    assert!(number > 400, "{number}");
    // The headers were complete and the body was not; how often depends on the length of signatures.
    assert!(server.requests() > 30, "{}", server.requests());
}

#[tokio::test]
async fn a_request_is_not_sent_again_if_the_connection_ends_within_the_response() {
    let whole = success();
    let length = whole.len();
    let mut fixture = Fixture::new();
    let server = Server::start(&fixture, move |number| Script {
        read_at_most: usize::MAX,
        response: whole[..number.min(length)].to_vec(),
        end: ENDS[number % 3],
    })
    .await;
    fixture.settings.upstream = server.url.parse().unwrap();
    let proxy = fixture.proxy();
    for sent in 0..length {
        let response = post(&proxy, request()).await;
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION", "{sent}");
        assert_eq!(server.requests(), sent + 1);
        assert_eq!(server.accepted(), sent + 1);
    }
    for (sent, end) in (length..).map(|sent| (sent, ENDS[sent % 3])).take(3) {
        // A forwarder that has not seen the last connection end yet would send the request on it.
        let response = post(&fixture.proxy(), request()).await;
        assert!(response.is_success() || end == End::Reset, "{end:?}");
        assert_eq!(server.requests(), sent + 1);
    }
}

/// The server reports that it did not process the request, which was written nevertheless.
#[tokio::test]
async fn a_request_that_the_server_refuses_is_not_sent_again() {
    const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
    let refused = frame(RST_STREAM, 0, 1, &REFUSED_STREAM);
    // No stream was processed, and there is no error.
    let gone = frame(GOAWAY, 0, 0, &[0; 8]);
    for response in [refused.clone(), gone.clone(), [gone, refused].concat()] {
        let mut fixture = Fixture::new();
        let server = Server::start(&fixture, move |_| Script {
            read_at_most: usize::MAX,
            response: response.clone(),
            end: End::Orderly,
        })
        .await;
        fixture.settings.upstream = server.url.parse().unwrap();
        let proxy = fixture.proxy();
        for number in 1..=5 {
            let response = post(&proxy, request()).await;
            assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
            assert_eq!(server.requests(), number);
            assert_eq!(server.accepted(), number);
        }
    }
}
