//! The bearer token.

use tempfile::TempDir;

use super::server::{Reply, Server};
use super::{CONFIG, config, patient, pull, source, write};
use crate::settings::Remote;

#[tokio::test]
async fn the_token_is_read_again_for_each_request() {
    let directory = TempDir::new().unwrap();
    let path = write(&directory, "token", "first\n");
    let settings = Remote {
        bearer_token_path: Some(path),
        ..patient()
    };
    let source = source(&settings);
    let server = Server::http(|request| match request.target.as_str() {
        "/old" => Reply::new("301 Moved", &[("Location", "/new")], ""),
        _ => Reply::json(CONFIG),
    })
    .await;
    assert_eq!(pull(&source, &server.url("/old")).await, Ok(config(None)));
    write(&directory, "token", "\t second-token== \r\n");
    assert_eq!(pull(&source, &server.url("/new")).await, Ok(config(None)));
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(
        sent,
        ["Bearer first", "Bearer first", "Bearer second-token=="]
    );
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_an_error_that_does_not_show_it() {
    let directory = TempDir::new().unwrap();
    let server = Server::http(|_| Reply::json(CONFIG)).await;
    for (content, expected) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("SECRET SECRET", "visible ASCII"),
        ("SECRET\nX-Other: a", "visible ASCII"),
        ("SECRET\u{e9}", "visible ASCII"),
        (&"SECRET".repeat(4096), "has more than 16384 bytes"),
    ] {
        let settings = Remote {
            bearer_token_path: Some(write(&directory, "token", content)),
            ..patient()
        };
        let error = pull(&source(&settings), &server.url("/"))
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
    let settings = Remote {
        bearer_token_path: Some(directory.path().join("missing")),
        ..patient()
    };
    let error = pull(&source(&settings), &server.url("/"))
        .await
        .unwrap_err();
    assert!(
        error.contains("missing: there is no such file"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_error_of_the_server_does_not_show_the_token() {
    let directory = TempDir::new().unwrap();
    let settings = Remote {
        bearer_token_path: Some(write(&directory, "token", "SECRET")),
        ..patient()
    };
    let server = Server::http(|_| Reply::new("401 Unauthorized", &[], "SECRET")).await;
    let error = pull(&source(&settings), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert!(!error.contains("SECRET"), "{error}");
}
