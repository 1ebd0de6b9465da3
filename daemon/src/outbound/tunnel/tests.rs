//! Requests for tunnels, and the responses of proxies.

use std::pin::Pin;
use std::task::{Context, Poll};

use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncRead, ReadBuf, duplex, join, sink};

use super::*;
use crate::error_chain::ErrorChain;

/// Bytes that arrive in pieces of this many.
struct Pieces<'a> {
    rest: &'a [u8],
    length: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.length.min(self.rest.len()).min(buffer.remaining());
        let (piece, rest) = self.rest.split_at(length);
        buffer.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

/// Opens a tunnel through a proxy whose response arrives in pieces.
fn open_in_pieces(rest: &[u8], length: usize) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let stream = TokioIo::new(join(Pieces { rest, length }, sink()));
    let (url, proxy) = (Uri::from_static("https://h"), "http://p".parse().unwrap());
    let opened = runtime.block_on(open(stream, &url, &proxy));
    opened
        .map(drop)
        .map_err(|error| ErrorChain(&error).to_string())
}

proptest! {
    #[test]
    fn only_a_success_opens_a_tunnel_in_whatever_pieces_it_arrives(
        start in select(vec![
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 2",
            "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
            "HTTP/1.1 407 x\r\n",
        ]),
        rest in prop::collection::vec(select(b"HTP/1.02 4X:\r\n\r\n\0\xff".to_vec()), 0..40),
        length in 1..20_usize,
    ) {
        let bytes = [start.as_bytes(), &rest].concat();
        let (whole, pieces) = (open_in_pieces(&bytes, usize::MAX), open_in_pieces(&bytes, length));
        if whole.is_ok() {
            prop_assert!(bytes.starts_with(b"HTTP/1.") && bytes.ends_with(b"\n"));
            prop_assert_eq!(&pieces, &Ok(()));
        }
        for error in [whole, pieces.clone()].into_iter().filter_map(Result::err) {
            prop_assert!(error.starts_with("the proxy p:80 ") && error.len() < 200, "{}", error);
            prop_assert!(!error.contains(char::is_control), "{:?}", error);
            let is_excess = error.contains("sent bytes before");
            prop_assert!(pieces.is_err() || is_excess, "{}", error);
        }
    }
}

/// Opens a tunnel to `url` through a proxy that sends these bytes and closes. Returns the request, and
/// the error.
async fn open_through(proxy: &str, url: &str, response: &[u8]) -> (String, Option<String>) {
    let (client, mut server) = duplex(1 << 20);
    server.write_all(response).await.unwrap();
    server.shutdown().await.unwrap();
    let proxy: ProxyUrl = proxy.parse().unwrap();
    let opened = open(TokioIo::new(client), &url.parse().unwrap(), &proxy).await;
    let error = opened.err().map(|error| ErrorChain(&error).to_string());
    let mut request = String::new();
    server.read_to_string(&mut request).await.unwrap();
    (request, error)
}

#[tokio::test]
async fn the_request_names_the_server_and_has_the_credentials() {
    let good = b"HTTP/1.1 200 Connection established\r\n\r\n";
    for (proxy, url, server, credentials) in [
        ("http://p:1", "https://h.example/x?y", "h.example:443", ""),
        ("http://p:1", "http://h.example/", "h.example:80", ""),
        (
            "http://p:1",
            "https://[2001:db8::1]:8443",
            "[2001:db8::1]:8443",
            "",
        ),
        (
            "http://u:p@p:1",
            "https://h:1",
            "h:1",
            "Proxy-Authorization: Basic dTpw\r\n",
        ),
    ] {
        let (request, error) = open_through(proxy, url, good).await;
        assert_eq!(error, None);
        let expected = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{credentials}\r\n");
        assert_eq!(request, expected);
    }
}

#[tokio::test]
async fn a_tunnel_begins_with_a_success_and_nothing_else() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD_BYTES));
    let many = format!(
        "HTTP/1.1 200 OK\r\n{}\r\n",
        "X: 1\r\n".repeat(MAX_HEADERS + 1)
    );
    for (response, expected) in [
        ("HTTP/1.0 204 No Content\r\nContent-Length: 5\r\n\r\n", None),
        (
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            None,
        ),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\nsecret",
            Some("did not accept the user and the password of its URL (status 407)"),
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            Some("refused to connect to the server, with the status 403 Forbidden"),
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://secret/\r\n\r\n",
            Some("refused to connect to the server, with the status 302 Found"),
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\nx",
            Some("sent bytes before anything was sent through it"),
        ),
        (
            "HTTP/1.1 200 OK\r\n",
            Some("closed the connection without a response"),
        ),
        ("", Some("closed the connection without a response")),
        (
            "SSH-2.0-x\r\n",
            Some("did not respond in HTTP/1.1: invalid HTTP version"),
        ),
        (
            &long,
            Some("responded with more than 8192 bytes or 100 header lines"),
        ),
        (
            &many,
            Some("responded with more than 8192 bytes or 100 header lines"),
        ),
    ] {
        let proxy = "http://u:secret@p.example:3128";
        let (_, error) = open_through(proxy, "https://h", response.as_bytes()).await;
        let expected = expected.map(|fault| format!("the proxy p.example:3128 {fault}"));
        assert_eq!(error, expected, "{response}");
    }
    let hint = "; by default, proxies such as Squid connect to port 443 alone, and not to port";
    for (url, status, expected) in [
        ("http://h", "403", Some("80")),
        ("http://h", "407", Some("80")),
        ("https://h:8443", "403", Some("8443")),
        ("http://h", "502", None),
        ("http://h:443", "403", None),
    ] {
        let response = format!("HTTP/1.1 {status} x\r\n\r\n");
        let (_, error) = open_through("http://p", url, response.as_bytes()).await;
        let error = error.unwrap();
        let found = error.split_once(hint).map(|(_, port)| port.trim());
        assert_eq!(found, expected, "{error}");
    }
    let (_, error) = open_through("http://p", "https://h", b"HTTP/1.1 407 x\r\n\r\n").await;
    let expected =
        "the proxy p:80 requires a user and a password (status 407), and its URL has none";
    assert_eq!(error.as_deref(), Some(expected));
}
