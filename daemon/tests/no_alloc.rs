//! Answering a request for one code value, or a command, allocates nothing once the buffers have
//! grown.

#![cfg(test)]

use std::time::Instant;

use allocation_counter::measure;
use codeid_daemon::clock::Clock;
use codeid_daemon::http::{DateLine, Framing, Head, MediaType, Response};
use codeid_daemon::identify::Identifier;
use codeid_daemon::resp::{Next, Session};
use codeid_daemon::slice::Slice;
use codeid_engine::{CompileLimits, LiveTable, RouteTable, Scratch};
use hyper::StatusCode;

/// A rule for each outcome.
const RULES: &str = r#"{"format": "codeid/1", "version": "test-7", "rules": [
    {"id": "carve-out", "match": {"prefix": "2810000"}, "action": {"type": "UNSUPPORTED"}},
    {"id": "order", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}},
    {"id": "page", "match": {"url": {"host": "qr.example.com"}},
     "action": {"type": "OPEN_URL", "userAgent": "-/AlipayConnect"}}
]}"#;

fn live() -> LiveTable {
    let live = LiveTable::with_counts(1);
    live.publish(RouteTable::from_json(RULES.as_bytes(), &CompileLimits::default()).unwrap());
    live
}

#[test]
fn requests_are_answered_without_allocating() {
    let live = live();
    let codes = [
        "28100104x",
        "28100004x",
        "https://qr.example.com/x",
        "\u{e9}",
    ];
    let requests = codes.map(request);
    let (mut identifier, mut date) = (Identifier::new(), DateLine::new());
    let clock = Clock::system();
    let mut out = Vec::new();
    let mut answer_all = |out: &mut Vec<u8>| {
        out.clear();
        let now = Instant::now();
        for request in &requests {
            let head = Head::read(request).unwrap().unwrap();
            assert_eq!(head.media_type, MediaType::Json);
            let body = &request[head.length..];
            assert_eq!(head.framing, Framing::Length(body.len() as u64));
            let identified = identifier.identify_code(&live, body).unwrap();
            let response = Response {
                generation: identified.generation,
                rule: identified.rule,
                ..Response::new(StatusCode::OK, identified.body)
            };
            response.write(date.at(now, &clock), out);
        }
    };
    answer_all(&mut out);
    let first = out.clone();
    let counted = measure(|| answer_all(&mut out));
    assert_eq!(counted.count_total, 0);
    assert_eq!(out.len(), first.len());
}

fn request(code_value: &str) -> Vec<u8> {
    let body = format!(r#"{{"codeValue":"{code_value}","openId":"user-42"}}"#);
    let head = format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head, body].concat().into_bytes()
}

#[test]
fn commands_are_answered_without_allocating() {
    let live = live();
    let mut pipeline = vec![b"PING\r\n".to_vec(), b"\r\n".to_vec()];
    for code in [
        "28100104x",
        "2810000404",
        "https://qr.example.com/x",
        "",
        "\u{e9}",
    ] {
        pipeline.push(command(&["IDENTIFY", code, "user-42"]));
        pipeline.push(command(&["MIDENTIFY", code, "user-42", "x", "user-43"]));
        if !code.is_empty() {
            pipeline.push(command(&["IDENTIFY", code, "user-42", "AS", "JSON"]));
        }
    }
    pipeline.push(command(&[b"IDENTIFY".as_slice(), b"\xff", b"user-42"]));
    pipeline.push(command(&["ECHO", "x"]));
    pipeline.push(command(&["CLIENT", "ID"]));
    let pipeline = pipeline.concat();
    for hello in ["2", "3"] {
        let (mut session, mut scratch) = (Session::new(1), Scratch::with_shard(0));
        let mut out = Vec::new();
        let mut slice = Slice::endless();
        let hello = command(&["HELLO", hello]);
        session.answer(&live, &mut scratch, &mut slice, &hello, &mut out);
        let mut answer_in_pieces = |size: usize, out: &mut Vec<u8>| {
            let (mut consumed, mut end) = (0, 0);
            while end < pipeline.len() {
                end = pipeline.len().min(end + size);
                let bytes = &pipeline[consumed..end];
                let progress = session.answer(&live, &mut scratch, &mut slice, bytes, out);
                assert_eq!(progress.next, Next::Read);
                consumed += progress.consumed;
            }
            assert_eq!(consumed, pipeline.len());
        };
        out.clear();
        answer_in_pieces(pipeline.len(), &mut out);
        let first = out.clone();
        for size in [pipeline.len(), 100, 1] {
            out.clear();
            let counted = measure(|| answer_in_pieces(size, &mut out));
            assert_eq!(counted.count_total, 0, "in pieces of {size}");
            assert_eq!(out, first);
        }
    }
}

fn command(arguments: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments.iter().map(AsRef::as_ref) {
        bytes.extend(format!("${}\r\n", argument.len()).bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
