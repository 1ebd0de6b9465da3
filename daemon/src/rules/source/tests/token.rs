//! The bearer token.

use tempfile::TempDir;

use super::server::{Authority, Reply, Server};
use super::{CONFIG, config, patient, pull, source, write};
use crate::outbound::http_client::HttpClient;
use crate::outbound::tls::{client_config, roots_from_file};
use crate::rules::source::http::HttpSource;
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
    assert!(error.contains("missing: there is no such file"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn no_redirect_to_another_server_or_to_http_carries_the_token() {
    let directory = TempDir::new().unwrap();
    let authority = Authority::new();
    let ca = write(&directory, "ca.pem", &authority.pem);
    let settings = Remote {
        bearer_token_path: Some(write(&directory, "token", "SECRET")),
        ..patient()
    };
    let client = || {
        let roots = roots_from_file(&ca).unwrap();
        HttpSource::new(HttpClient::new(
            &settings,
            client_config(roots),
            None,
            1 << 20,
        ))
    };
    let other = Server::http(|_| Reply::json(CONFIG)).await;
    let elsewhere = [
        other.url("/routes"),
        other.url("/routes").replace("127.0.0.1", "localhost"),
        "http://h.example/routes".to_owned(),
    ];
    for location in elsewhere {
        let secure = Server::https(&authority, "127.0.0.1", {
            let location = location.clone();
            move |_| Reply::new("307 There", &[("Location", &location)], "")
        })
        .await;
        let plain = Server::http({
            let location = location.clone();
            move |_| Reply::new("307 There", &[("Location", &location)], "")
        })
        .await;
        for server in [secure, plain] {
            let error = pull(&client(), &server.url("/")).await.unwrap_err();
            assert!(error.contains("another scheme, host or port"), "{error}");
            assert!(!error.contains("SECRET"), "{error}");
            let [request] = &server.requests()[..] else {
                panic!("one request")
            };
            assert_eq!(request.header("authorization"), Some("Bearer SECRET"));
        }
    }
    assert!(other.requests().is_empty());
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
