//! Conditional requests: the validators that a source remembers and sends.

use super::server::{Reply, Server};
use super::{CONFIG, RemoteConfig, Revision, config, patient, pull, pull_if_changed, source};

const WHEN: &str = "Sat, 21 Nov 2026 09:30:00 GMT";
const LATER: &str = "Sat, 21 Nov 2026 09:30:01 GMT";

fn revision(tag: Option<&str>, modified: Option<&str>) -> Revision {
    Revision {
        tag: tag.map(str::to_owned),
        modified: modified.map(str::to_owned),
    }
}

#[tokio::test]
async fn the_revision_is_taken_from_the_validators_of_the_response() {
    type Headers = &'static [(&'static str, &'static str)];
    let table: &[(Headers, Option<Revision>)] = &[
        (&[], None),
        (&[("ETag", "\"a\"")], Some(revision(Some("\"a\""), None))),
        (
            &[("ETag", "W/\"a\"")],
            Some(revision(Some("W/\"a\""), None)),
        ),
        (&[("Last-Modified", WHEN)], Some(revision(None, Some(WHEN)))),
        (
            &[("Last-Modified", WHEN), ("Date", LATER)],
            Some(revision(None, Some(WHEN))),
        ),
        // Modified in this very second, so perhaps once more after the response.
        (&[("Last-Modified", WHEN), ("Date", WHEN)], None),
        (
            &[("ETag", "\"a\""), ("Last-Modified", WHEN), ("Date", WHEN)],
            Some(revision(Some("\"a\""), None)),
        ),
        (
            &[("ETag", "\"a\""), ("Last-Modified", WHEN)],
            Some(revision(Some("\"a\""), Some(WHEN))),
        ),
    ];
    for (headers, expected) in table {
        let server = Server::http(|_| Reply::new("200 OK", headers, CONFIG)).await;
        let pulled = pull(&source(&patient()), &server.url("/")).await;
        assert_eq!(pulled, Ok(config(expected.clone())), "{headers:?}");
    }
}

#[tokio::test]
async fn a_known_revision_is_sent_word_for_word() {
    let server = Server::http(|request| {
        match (
            request.header("if-none-match"),
            request.header("if-modified-since"),
        ) {
            (Some("W/\"a\""), Some(WHEN)) | (Some("W/\"a\""), None) | (None, Some(WHEN)) => {
                Reply::Send(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())
            }
            _ => Reply::json(CONFIG),
        }
    })
    .await;
    let table = [
        (revision(Some("W/\"a\""), Some(WHEN)), true),
        (revision(Some("W/\"a\""), None), true),
        (revision(None, Some(WHEN)), true),
        (revision(Some("\"a\""), None), false),
        (revision(None, None), false),
    ];
    for (known, is_unchanged) in table {
        let pulled = pull_if_changed(&source(&patient()), &server.url("/"), Some(&known)).await;
        let expected = if is_unchanged {
            RemoteConfig::Unchanged
        } else {
            config(None)
        };
        assert_eq!(pulled, Ok(expected), "{known:?}");
    }
}

#[tokio::test]
async fn a_304_means_unchanged_whatever_its_headers() {
    let known = revision(Some("\"a\""), None);
    for answer in [
        "HTTP/1.1 304 Not Modified\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\nContent-Type: text/html\r\n\r\n",
        // The length that a 200 would have had.
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    ] {
        let server = Server::http(move |_| Reply::Send(answer.into())).await;
        let pulled = pull_if_changed(&source(&patient()), &server.url("/"), Some(&known)).await;
        assert_eq!(pulled, Ok(RemoteConfig::Unchanged), "{answer}");
    }
}

#[tokio::test]
async fn a_304_to_an_unconditional_request_is_an_error() {
    let server = Server::http(|_| Reply::Send(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())).await;
    for known in [None, Some(Revision::default())] {
        let pulled = pull_if_changed(&source(&patient()), &server.url("/"), known.as_ref()).await;
        assert!(pulled.unwrap_err().contains("without a condition"));
    }
}

#[tokio::test]
async fn a_200_to_a_conditional_request_is_a_config_with_its_new_revision() {
    let server = Server::http(|_| Reply::new("200 OK", &[("ETag", "\"b\"")], CONFIG)).await;
    let known = revision(Some("\"a\""), None);
    let pulled = pull_if_changed(&source(&patient()), &server.url("/"), Some(&known)).await;
    assert_eq!(pulled, Ok(config(Some(revision(Some("\"b\""), None)))));
}

#[tokio::test]
async fn the_condition_is_sent_again_after_a_redirect() {
    let server = Server::http(|request| match request.target.as_str() {
        "/" => Reply::new("307 There", &[("Location", "/routes")], ""),
        _ => Reply::Send(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()),
    })
    .await;
    let known = revision(Some("\"a\""), None);
    let pulled = pull_if_changed(&source(&patient()), &server.url("/"), Some(&known)).await;
    assert_eq!(pulled, Ok(RemoteConfig::Unchanged));
    assert_eq!(server.requests()[1].header("if-none-match"), Some("\"a\""));
}
