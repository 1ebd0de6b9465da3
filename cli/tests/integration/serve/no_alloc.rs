//! Answering a request for one code value allocates nothing once the buffers have grown.

use std::time::Instant;

use allocation_counter::measure;
use codeid_daemon::http::{Answer, Connection, DateLine, Framing, Head, MediaType};
use codeid_daemon::identify::Identifier;
use codeid_engine::{CompileLimits, LiveTable, RouteTable};
use hyper::StatusCode;

use super::client::{body, request};

#[test]
fn requests_are_answered_without_allocating() {
    let live = LiveTable::with_counts(1);
    let rules = super::daemon::RULES.as_bytes();
    live.publish(RouteTable::from_json(rules, &CompileLimits::default()).unwrap());
    let requests: Vec<_> = [
        "28100104x",
        "28100004x",
        "https://qr.example.com/x",
        "\u{e9}",
    ]
    .map(|code| request("/v1/identifyCode", body(code, "user-42")))
    .into();
    let (mut identifier, mut date) = (Identifier::new(), DateLine::new());
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
            let answer = Answer {
                generation: identified.generation,
                rule: identified.rule,
                ..Answer::new(StatusCode::OK, identified.body, Connection::Open)
            };
            answer.write(date.at(now), out);
        }
    };
    answer_all(&mut out);
    let first = out.clone();
    let counted = measure(|| answer_all(&mut out));
    assert_eq!(counted.count_total, 0);
    assert_eq!(out.len(), first.len());
}
