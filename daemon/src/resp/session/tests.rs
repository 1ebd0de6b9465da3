//! Sessions, answered in slices of one piece of work.

use codeid_engine::CompileLimits;

use super::*;
use crate::identify::Identifier;

fn table(version: u32) -> RouteTable {
    let config = format!(
        r#"{{"format": "codeid/1", "version": "{version}", "rules": [
            {{"id": "r", "match": {{"prefix": "28"}},
              "action": {{"type": "DECODE", "codeValue": "{version}"}}}}]}}"#
    );
    RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).unwrap()
}

/// Answers `commands` in slices of one code value, before each of which another table becomes live.
/// Returns the code values in the replies.
fn answer(commands: &str) -> Vec<String> {
    let live = LiveTable::new();
    let (mut session, mut scratch) = (Session::new(1), Scratch::new());
    let (mut consumed, mut replies) = (0, Vec::new());
    for version in 1.. {
        live.publish(table(version));
        let (slice, bytes) = (&mut Slice::shortest(), &commands.as_bytes()[consumed..]);
        let progress = session.answer(&live, &mut scratch, slice, bytes, &mut replies);
        consumed += progress.consumed;
        if progress.next == Next::Read {
            break;
        }
    }
    assert_eq!(consumed, commands.len());
    let replies = String::from_utf8(replies).unwrap();
    let values = replies.split("codeValue\r\n$1\r\n").skip(1);
    values.map(|value| value[..1].to_owned()).collect()
}

#[test]
fn a_pipeline_takes_the_live_table_for_each_slice() {
    let commands = "IDENTIFY 28 user-42\r\n".repeat(4);
    assert_eq!(answer(&commands), ["1", "2", "3", "4"]);
}

#[test]
fn a_command_for_several_code_values_keeps_the_table_that_it_began_with() {
    let several = "MIDENTIFY 28 user-1 28 user-2 28 user-3\r\n";
    let commands = format!("{several}IDENTIFY 28 user-4\r\n{several}");
    assert_eq!(answer(&commands), ["1", "1", "1", "4", "5", "5", "5"]);
}

#[test]
fn a_transaction_has_the_table_that_is_live_when_it_is_run() {
    let commands = "MULTI\r\nIDENTIFY 28 user-1\r\nMIDENTIFY 28 user-1 28 user-2\r\nEXEC\r\n\
        IDENTIFY 28 user-1\r\n";
    // Each of the first three commands takes a slice, and each code value.
    assert_eq!(answer(commands), ["4", "4", "4", "7"]);
}

/// Answers `commands` within a budget, up to where nothing more is consumed. Returns what is next then.
fn next_within(budget_bytes: usize, commands: &[u8]) -> Next {
    let (live, budget) = (LiveTable::new(), Arc::new(Budget::new(budget_bytes)));
    let mut session = Session::within(&budget, 1);
    let (mut scratch, mut out, mut consumed) = (Scratch::new(), Vec::new(), 0);
    let next = loop {
        let (slice, bytes) = (&mut Slice::shortest(), &commands[consumed..]);
        let progress = session.answer(&live, &mut scratch, slice, bytes, &mut out);
        consumed += progress.consumed;
        if progress.next != Next::Answer || progress.consumed == 0 {
            break progress.next;
        }
    };
    drop(session);
    let mut share = Share::NONE;
    assert!(share.grow_to(budget_bytes, &budget));
    next
}

#[test]
fn the_memory_of_the_decoders_is_counted() {
    let (pair, no_room) = ("$0\r\n\r\n".repeat(2), Next::Close(CloseReason::NoRoom));
    let begun = format!("*4000\r\n{}", pair.repeat(1500)).into_bytes();
    assert_eq!(next_within(31 << 10, &begun), no_room);
    assert_eq!(next_within(32 << 10, &begun), Next::Read);
    // A queued command that stops has a second decoder, beside its 12 KiB.
    let several = format!("*2049\r\n$9\r\nMIDENTIFY\r\n{}", pair.repeat(1024));
    let transaction = format!("MULTI\r\n{several}EXEC\r\n").into_bytes();
    assert_eq!(next_within(72 << 10, &transaction), no_room);
    assert_eq!(next_within(80 << 10, &transaction), Next::Answer);
}

#[test]
fn a_transaction_is_dropped_in_slices() {
    let live = LiveTable::new();
    let long = format!("ECHO {}\r\n", "x".repeat(60_000)).repeat(200);
    for (last, reply) in [
        ("DISCARD", "+OK\r\n"),
        ("RESET", "+RESET\r\n"),
        (
            "NOPE\r\nEXEC",
            "-EXECABORT Transaction discarded because of previous errors.\r\n",
        ),
        (
            "EXEC x",
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n",
        ),
    ] {
        let commands = format!("MULTI\r\n{long}{last}\r\nPING\r\n");
        let (mut session, mut scratch) = (Session::new(1), Scratch::new());
        let (mut consumed, mut replies, mut slices) = (0, Vec::new(), 0);
        while consumed < commands.len() {
            let (slice, bytes) = (&mut Slice::shortest(), &commands.as_bytes()[consumed..]);
            let progress = session.answer(&live, &mut scratch, slice, bytes, &mut replies);
            consumed += progress.consumed;
            slices += usize::from(progress.consumed == 0);
        }
        // There are twelve megabytes.
        assert!(slices >= 10, "{slices} for {last}");
        let replies = String::from_utf8(replies).unwrap();
        assert!(replies.ends_with(&format!("{reply}+PONG\r\n")), "{last}");
    }
}

/// Answers `commands` in slices that `slice` begins. Returns the replies, and the number of slices.
fn sliced(commands: &[u8], slice: fn() -> Slice) -> (Vec<u8>, usize) {
    let (live, mut session, mut scratch) = (LiveTable::new(), Session::new(1), Scratch::new());
    let (mut consumed, mut replies, mut slices) = (0, Vec::new(), 0);
    while consumed < commands.len() {
        let (slice, bytes) = (&mut slice(), &commands[consumed..]);
        let mut out = Vec::new();
        consumed += session
            .answer(&live, &mut scratch, slice, bytes, &mut out)
            .consumed;
        assert!(out.len() < WRITE_FIRST_BYTES + 1024);
        replies.append(&mut out);
        slices += 1;
    }
    (replies, slices)
}

#[test]
fn the_entries_of_many_commands_are_written_in_slices() {
    let names = "$4\r\nping\r\n$1\r\nx\r\n".repeat(2000);
    let info = format!("*4002\r\n$7\r\nCOMMAND\r\n$4\r\nINFO\r\n{names}");
    let transaction = format!("MULTI\r\n{info}EXEC\r\n");
    for commands in [info, transaction] {
        let (at_once, few) = sliced(commands.as_bytes(), Slice::endless);
        let (in_slices, many) = sliced(commands.as_bytes(), Slice::shortest);
        assert!(at_once == in_slices);
        assert!(few < 10 && many > 100, "{few} {many}");
    }
}

#[test]
fn without_a_table_the_json_is_that_of_http() {
    let live = LiveTable::new();
    let (mut session, mut replies) = (Session::new(1), Vec::new());
    session.answer(
        &live,
        &mut Scratch::new(),
        &mut Slice::endless(),
        b"IDENTIFY 28 user-1 AS JSON\r\n",
        &mut replies,
    );
    let mut identifier = Identifier::new();
    let body = br#"{"codeValue":"28","openId":"user-1"}"#;
    let body = identifier.identify_code(&live, body).unwrap().body;
    let body = std::str::from_utf8(body).unwrap();
    assert!(body.contains("UNKNOWN_EXCEPTION"));
    let expected = format!("${}\r\n{body}\r\n", body.len());
    assert_eq!(String::from_utf8(replies).unwrap(), expected);
}
