//! Requests that another parser could read in another way: they are refused, and so are all after them.

use super::client::{body, request};
use super::daemon::Daemon;

const HEAD: &str =
    "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";

/// Heads that are refused. Each is followed by a request that must never be answered.
const AMBIGUOUS: &[&str] = &[
    // Content-Length and Transfer-Encoding, in either order.
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "transfer-encoding: CHUNKED\r\ncontent-length: 0\r\n",
    // Content-Length twice, alike and not; as a list; not a number.
    "Content-Length: 4\r\nContent-Length: 5\r\n",
    "Content-Length: 4\r\nContent-Length: 4\r\n",
    "Content-Length: 4, 4\r\n",
    "Content-Length: +4\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 4 4\r\n",
    "Content-Length: 0x4\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Content-Length:\r\n",
    // Codings other than chunked alone.
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: identity, chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: \x0bchunked\r\n",
    "Transfer-Encoding: 'chunked'\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer_Encoding : chunked\r\nContent-Length : 4\r\n",
    // Folded lines.
    "X: a\r\n b\r\nContent-Length: 4\r\n",
    "Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n",
    "Content-Length: 4\r\n\tfolded\r\n",
    // Bare line feeds and carriage returns.
    "Content-Length: 4\n",
    "X: a\nContent-Length: 4\r\n",
    "X: a\rContent-Length: 4\r\n",
    "Content-Length: 4\r\n\n",
    // Not headers at all.
    "Content-Length 4\r\n",
    ": 4\r\n",
    "X\0: 4\r\n",
];

#[test]
fn ambiguous_heads_are_refused_and_the_connection_is_closed() {
    let daemon = Daemon::start();
    let smuggled = request("/v1/identifyCode", body("28100104x", "user-42"));
    for unix in [false, true] {
        for head in AMBIGUOUS {
            for before in [0, 1, 3] {
                let mut client = if unix { daemon.unix() } else { daemon.tcp() };
                let mut bytes = smuggled.repeat(before);
                bytes.extend_from_slice(format!("{HEAD}{head}\r\n0\r\n\r\n").as_bytes());
                bytes.extend_from_slice(&smuggled);
                client.send(&bytes);
                for _ in 0..before {
                    assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
                }
                let response = client.receive();
                assert_eq!(response.status, 400, "{head:?} after {before}");
                assert_eq!(client.rest(), b"", "{head:?} after {before}");
            }
        }
    }
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    daemon.stop();
}

#[test]
fn broken_chunks_end_the_connection() {
    let daemon = Daemon::start();
    let smuggled = request("/v1/identifyCode", body("28100104x", "user-42"));
    for chunks in [
        "g\r\n",
        "-1\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "10000000000000000\r\n",
    ] {
        let mut client = daemon.tcp();
        client.send(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks}"));
        client.send(&smuggled);
        let rest = String::from_utf8(client.rest()).unwrap();
        assert!(!rest.contains("200 OK"), "{chunks:?}: {rest}");
    }
}
