//! Answering a command allocates nothing once the buffers have grown.

use allocation_counter::measure;
use codeid_daemon::resp::{Answered, Next, Session};
use codeid_engine::{CompileLimits, LiveTable, RouteTable, Scratch};

use super::client::command;

#[test]
fn commands_are_answered_without_allocating() {
    let live = LiveTable::with_counts(1);
    let rules = crate::serve::daemon::RULES.as_bytes();
    live.publish(RouteTable::from_json(rules, &CompileLimits::default()).unwrap());
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
    }
    pipeline.push(command(&[b"IDENTIFY".as_slice(), b"\xff", b"user-42"]));
    pipeline.push(command(&["ECHO", "x"]));
    pipeline.push(command(&["CLIENT", "ID"]));
    let pipeline = pipeline.concat();
    for hello in ["2", "3"] {
        let (mut session, mut scratch) = (Session::new(1), Scratch::with_shard(0));
        let mut out = Vec::new();
        session.answer(&live, &mut scratch, &command(&["HELLO", hello]), &mut out);
        let mut answer_in_pieces = |size: usize, out: &mut Vec<u8>| {
            let (mut consumed, mut end) = (0, 0);
            while end < pipeline.len() {
                end = pipeline.len().min(end + size);
                let bytes = &pipeline[consumed..end];
                let answered = session.answer(&live, &mut scratch, bytes, out);
                assert_eq!(answered.next, Next::Read);
                let Answered { consumed: more, .. } = answered;
                consumed += more;
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
