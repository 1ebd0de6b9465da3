//! Every way in which a pull over HTTP fails, and the error of each.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time;

use super::server::{Reply, Server};
use super::{CONFIG, MAX_BODY_BYTES, client, config, patient, pull, source};
use crate::error_chain::ErrorChain;
use crate::rules::source::RouteStore;
use crate::rules::source::callback::Callback;
use crate::settings::Remote;

async fn pull_from(
    settings: &Remote,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> Result<super::RemoteConfig, String> {
    let server = Server::http(move |_| reply()).await;
    pull(&source(settings), &server.url("/routes?sig=SECRET")).await
}

#[tokio::test]
async fn the_body_of_a_200_response_is_the_route_config() {
    let server = Server::http(|_| Reply::json(CONFIG)).await;
    let pulled = pull(&source(&patient()), &server.url("/routes?sig=S")).await;
    assert_eq!(pulled, Ok(config(None)));
    let request = &server.requests()[0];
    assert_eq!(request.method, "GET");
    assert_eq!(request.target, "/routes?sig=S");
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("host"), Some(&*server.address.to_string()));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("if-none-match"), None);
}

#[tokio::test]
async fn a_status_other_than_200_is_an_error_that_names_it() {
    for status in [
        "404 Not Found",
        "500 Internal Server Error",
        "204 No Content",
        "206 Partial",
    ] {
        let pulled = pull_from(&patient(), move || Reply::new(status, &[], CONFIG)).await;
        let error = pulled.unwrap_err();
        assert!(error.contains(&status[..3]), "{status}: {error}");
    }
}

#[tokio::test]
async fn a_content_type_that_cannot_be_json_is_rejected() {
    let accepted = [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/vnd.codeid+json",
        "text/plain;charset=UTF-8",
        "application/octet-stream",
        "binary/octet-stream",
        "",
    ];
    for content_type in accepted {
        let headers = [("Content-Type", content_type)];
        let pulled = pull_from(&patient(), move || Reply::new("200 OK", &headers, CONFIG)).await;
        assert_eq!(pulled, Ok(config(None)), "{content_type}");
    }
    let pulled = pull_from(&patient(), || Reply::new("200 OK", &[], CONFIG)).await;
    assert_eq!(pulled, Ok(config(None)));
    for content_type in [
        "text/html; charset=utf-8",
        "application/xml",
        "image/png",
        "json",
    ] {
        let headers = [("Content-Type", content_type)];
        let pulled = pull_from(&patient(), move || Reply::new("200 OK", &headers, CONFIG)).await;
        let error = pulled.unwrap_err();
        assert!(error.contains(content_type), "{error}");
        assert!(error.contains("must be application/json"), "{error}");
    }
}

#[tokio::test]
async fn a_response_with_a_content_coding_is_rejected_and_the_coding_named() {
    let long = "x".repeat(5000);
    for (codings, expected) in [
        (&["gzip"][..], "\"gzip\""),
        (&["identity, GZIP ,br"], "\"GZIP\""),
        (&["aws-chunked,gzip"], "\"gzip\""),
        (&["", "identity", "zstd"], "\"zstd\""),
        (&["aws-chunked2"], "\"aws-chunked2\""),
        (&[&long], "\"xxxxxxxx"),
    ] {
        let headers: Vec<_> = codings
            .iter()
            .map(|c| ("Content-Encoding".to_owned(), (*c).to_owned()))
            .collect();
        let reply = move || {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
            Reply::new("200 OK", &headers, CONFIG)
        };
        let error = pull_from(&patient(), reply).await.unwrap_err();
        assert!(
            error.contains(&format!("content coding {expected}")),
            "{error}"
        );
        assert!(
            error.contains("only identity is supported") && error.len() < 200,
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_list_of_codings_that_change_nothing_is_accepted() {
    for codings in [
        "",
        "identity",
        "Identity",
        "identity, identity",
        " , ,",
        "aws-chunked",
        "aws-chunked,",
        "identity,AWS-Chunked",
    ] {
        let headers = [
            ("Content-Encoding", codings),
            ("Content-Encoding", "identity"),
        ];
        let pulled = pull_from(&patient(), move || Reply::new("200 OK", &headers, CONFIG)).await;
        assert_eq!(pulled, Ok(config(None)), "{codings}");
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_and_no_further() {
    let whole = vec![b' '; MAX_BODY_BYTES];
    let pulled = pull_from(&patient(), move || Reply::new("200 OK", &[], &whole)).await;
    assert!(pulled.is_ok(), "{pulled:?}");

    // A declared length is rejected before a byte of the body has come.
    let declared = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        MAX_BODY_BYTES + 1
    );
    let server = Server::http(move |_| Reply::Stall(declared.clone().into())).await;
    let error = pull(&source(&patient()), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("longer than 1048576 bytes"), "{error}");
    server.abandoned().await;

    // An undeclared length is rejected at the first byte too many.
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..=MAX_BODY_BYTES / 4096 {
        chunked.extend_from_slice(b"1000\r\n");
        chunked.extend_from_slice(&[b' '; 4096]);
        chunked.extend_from_slice(b"\r\n");
    }
    let server = Server::http(move |_| Reply::Stall(chunked.clone())).await;
    let error = pull(&source(&patient()), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("longer than 1048576 bytes"), "{error}");
    server.abandoned().await;
}

#[tokio::test]
async fn a_response_that_breaks_off_is_an_error() {
    let truncated = [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"format\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"for\r\n",
    ];
    for answer in truncated {
        let pulled = pull_from(&patient(), move || Reply::Send(answer.into())).await;
        let error = pulled.unwrap_err();
        assert!(error.contains("broke off after "), "{error}");
    }
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Le", "SSH-2.0-x\r\n\r\n"] {
        let pulled = pull_from(&patient(), move || Reply::Send(answer.into())).await;
        let error = pulled.unwrap_err();
        assert!(error.contains("no response: "), "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn an_endless_head_is_an_error() {
    let mut head = b"HTTP/1.1 200 OK\r\nX-A: ".to_vec();
    head.resize(1 << 20, b'a');
    let server = Server::http(move |_| Reply::Stall(head.clone())).await;
    let error = pull(&source(&patient()), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("no response: "), "{error}");
    assert!(error.len() < 200, "{error}");
}

#[tokio::test]
async fn a_pull_that_takes_too_long_is_cut_off_and_its_connection_closed() {
    let stalling = [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"format\":",
    ];
    for answer in stalling {
        let server = Server::http(move |_| Reply::Stall(answer.into())).await;
        let url = server.url("/");
        let pulling = tokio::spawn(async move { pull(&source(&patient()), &url).await });
        server.stalling().await;
        time::pause();
        time::advance(patient().total_timeout).await;
        let error = pulling.await.unwrap().unwrap_err();
        time::resume();
        assert_eq!(error, "no complete response within 60000 ms", "{answer:?}");
        server.abandoned().await;
        assert_eq!(server.requests().len(), 1, "sent again: {answer:?}");
    }
}

#[tokio::test]
async fn a_request_is_sent_once() {
    let server = Server::http(|_| Reply::Send(Vec::new())).await;
    let pulled = pull(&source(&patient()), &server.url("/")).await;
    assert!(pulled.is_err());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/routes", listener.local_addr().unwrap());
    drop(listener);
    let error = pull(&source(&patient()), &url).await.unwrap_err();
    assert!(error.contains("Connection refused"), "{error}");
    // A label of 64 characters, which no setting may have, is rejected without asking a name server.
    let url = format!("http://{}.example/", "a".repeat(64));
    let callback = Callback::new(client(&patient()), url.parse().unwrap());
    let error = callback.read_route_config_from_local().await.unwrap_err();
    let error = ErrorChain(&error).to_string();
    assert!(error.contains("dns error"), "{error}");
}

#[tokio::test]
async fn connecting_has_a_deadline_that_covers_the_handshake() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/routes", silent.local_addr().unwrap());
    let settings = Remote {
        connect_timeout: Duration::from_secs(3),
        ..patient()
    };
    let pulling = tokio::spawn(async move { pull(&source(&settings), &url).await });
    let _connection = silent.accept().await.unwrap();
    time::pause();
    time::advance(Duration::from_secs(3)).await;
    let error = pulling.await.unwrap().unwrap_err();
    assert_eq!(error, "no response: connecting took longer than 3000 ms");
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed() {
    for status in ["301 A", "302 B", "303 C", "307 D", "308 E"] {
        let server = Server::http(move |request| match request.target.as_str() {
            "/routes/latest" => Reply::new(status, &[("Location", "7?a=b")], ""),
            _ => Reply::json(CONFIG),
        })
        .await;
        let pulled = pull(&source(&patient()), &server.url("/routes/latest")).await;
        assert_eq!(pulled, Ok(config(None)), "{status}");
        let requests = server.requests();
        assert_eq!(requests[1].target, "/routes/7?a=b");
        assert_eq!(requests[1].method, "GET");
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_not_followed() {
    let other = Server::http(|_| Reply::json(CONFIG)).await;
    let location = other.url("/routes?sig=SECRET");
    let server =
        Server::http(move |_| Reply::new("302 Found", &[("Location", &location)], "")).await;
    let error = pull(&source(&patient()), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains(&other.url("/routes")), "{error}");
    assert!(!error.contains("SECRET"), "{error}");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn more_than_five_redirects_are_an_error() {
    let server = Server::http(|request| {
        let next = format!("{}x", request.target);
        Reply::new("302 Found", &[("Location", &next)], "")
    })
    .await;
    let error = pull(&source(&patient()), &server.url("/"))
        .await
        .unwrap_err();
    assert_eq!(error, "redirected more than 5 times");
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn no_error_shows_the_query_of_the_url() {
    let refused = "http://127.0.0.1:1/routes?sig=SECRET";
    let error = pull(&source(&patient()), refused).await.unwrap_err();
    assert!(!error.contains("SECRET"), "{error}");
    let pulled = pull_from(&patient(), || Reply::new("404 Not Found", &[], "SECRET")).await;
    assert!(!pulled.unwrap_err().contains("SECRET"));
}
