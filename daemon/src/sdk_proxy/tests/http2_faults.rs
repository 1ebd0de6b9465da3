//! T24 over HTTP/2: exactly one request upstream for each call, whatever breaks.

use super::gateway::{CLIENT_ID, End, RESPONSE_TIME, SUCCESS, signature_of};
use super::http2_frames::{GOAWAY, RST_STREAM, Script, Server, answer, frame};
use super::{Fixture, post, request};

const ENDS: [End; 3] = [End::Orderly, End::Fin, End::Reset];

fn success() -> Vec<u8> {
    let signature = signature_of(SUCCESS.as_bytes());
    let headers = [
        ("client-id", CLIENT_ID),
        ("response-time", RESPONSE_TIME),
        ("signature", &signature),
    ];
    answer(&headers, SUCCESS.as_bytes())
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_of_the_request_is_not_tried_again() {
    let mut fixture = Fixture::new();
    let server = Server::start(&fixture, |number| Script {
        read_at_most: number,
        answer: success(),
        end: ENDS[number % 3],
    })
    .await;
    fixture.settings.upstream = server.url.parse().unwrap();
    let proxy = fixture.proxy();
    let mut number = 0;
    loop {
        let answer = post(&proxy, request()).await;
        assert_eq!(server.accepted(), number + 1);
        assert!(server.requests() <= number + 1);
        if answer.is_success() {
            // The request was whole.
            break;
        }
        assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION", "{number}");
        number += 1;
    }
    assert!(number > 400, "{number}");
    // The headers were whole, and the body was not; how often depends on how long signatures are.
    assert!(server.requests() > 30, "{}", server.requests());
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_of_the_answer_is_not_tried_again() {
    let whole = success();
    let length = whole.len();
    let mut fixture = Fixture::new();
    let server = Server::start(&fixture, move |number| Script {
        read_at_most: usize::MAX,
        answer: whole[..number.min(length)].to_vec(),
        end: ENDS[number % 3],
    })
    .await;
    fixture.settings.upstream = server.url.parse().unwrap();
    let proxy = fixture.proxy();
    for sent in 0..length {
        let answer = post(&proxy, request()).await;
        assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION", "{sent}");
        assert_eq!(server.requests(), sent + 1);
        assert_eq!(server.accepted(), sent + 1);
    }
    for (sent, end) in (length..).map(|sent| (sent, ENDS[sent % 3])).take(3) {
        let answer = post(&proxy, request()).await;
        assert!(answer.is_success() || end == End::Reset, "{end:?}");
        assert_eq!(server.requests(), sent + 1);
    }
}

/// The server says that it did nothing with the request. It was written all the same.
#[tokio::test]
async fn a_request_that_the_server_refuses_is_not_tried_again() {
    const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
    let refused = frame(RST_STREAM, 0, 1, &REFUSED_STREAM);
    // The last stream that was looked at is none, and there is no error.
    let gone = frame(GOAWAY, 0, 0, &[0; 8]);
    for answer in [refused.clone(), gone.clone(), [gone, refused].concat()] {
        let mut fixture = Fixture::new();
        let server = Server::start(&fixture, move |_| Script {
            read_at_most: usize::MAX,
            answer: answer.clone(),
            end: End::Orderly,
        })
        .await;
        fixture.settings.upstream = server.url.parse().unwrap();
        let proxy = fixture.proxy();
        for number in 1..=5 {
            let answer = post(&proxy, request()).await;
            assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
            assert_eq!(server.requests(), number);
            assert_eq!(server.accepted(), number);
        }
    }
}
