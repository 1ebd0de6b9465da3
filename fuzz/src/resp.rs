//! Any bytes, read as the commands of a Redis client.

use codeid_daemon::resp::{CloseReason, Decoder, Next, ProtocolError, Session};
use codeid_daemon::slice::Slice;
use codeid_engine::Scratch;

use crate::http_body::LIVE;

/// The most positions at which the bytes are split, one after the other.
const MAX_SPLITS: usize = 256;

/// The outcome of a connection.
#[derive(Debug, PartialEq)]
struct Outcome {
    replies: Vec<u8>,
    consumed: usize,
    closing: Option<CloseReason>,
}

/// Checks that the commands and the replies do not depend on how the bytes are split into reads, and
/// that the replies are well-formed, one for each command, and one for an error in the protocol.
///
/// # Panics
///
/// If the property does not hold.
pub fn resp(bytes: &[u8]) {
    let (commands, error) = decode(bytes, &[]);
    let endless = Slice::endless;
    let outcome = serve(bytes, &[], endless);
    // Another slice after each step changes nothing.
    assert_eq!(serve(bytes, &[], Slice::shortest), outcome);
    let every: Vec<_> = (0..bytes.len()).collect();
    assert_eq!(decode(bytes, &every), (commands.clone(), error));
    assert_eq!(serve(bytes, &every, Slice::shortest), outcome);
    for at in every.iter().step_by(bytes.len() / MAX_SPLITS + 1) {
        assert_eq!(decode(bytes, &[*at]), (commands.clone(), error));
        assert_eq!(serve(bytes, &[*at], endless), outcome);
    }

    let mut expected = commands
        .iter()
        .filter(|command| !command.is_empty())
        .count();
    match outcome.closing {
        None => assert!(error.is_none()),
        Some(CloseReason::Protocol(reported)) => {
            assert_eq!(Some(reported), error);
            expected += 1;
        }
        Some(CloseReason::NoRoom) => panic!("the budget has room for every input"),
        // The commands behind it get no reply.
        Some(CloseReason::Quit | CloseReason::Http) => expected = count_replies(&outcome.replies),
    }
    assert_eq!(count_replies(&outcome.replies), expected);
}

/// Decodes bytes that arrive in pieces with these ends. Returns the commands and the error behind
/// them, if any.
fn decode(bytes: &[u8], ends: &[usize]) -> (Vec<Vec<Vec<u8>>>, Option<ProtocolError>) {
    let (mut decoder, mut commands, mut consumed) = (Decoder::default(), Vec::new(), 0);
    for end in ends.iter().copied().chain([bytes.len()]) {
        loop {
            match decoder.decode(&bytes[consumed..end]) {
                Ok(None) => break,
                Err(error) => return (commands, Some(error)),
                Ok(Some(command)) => {
                    assert!((1..=end - consumed).contains(&command.length()));
                    consumed += command.length();
                    commands.push(command.arguments().map(<[u8]>::to_vec).collect());
                }
            }
        }
    }
    (commands, None)
}

/// Serves bytes that arrive in pieces with these ends, in slices that `slice` begins.
fn serve(bytes: &[u8], ends: &[usize], slice: impl Fn() -> Slice) -> Outcome {
    let (mut session, mut scratch) = (Session::new(7), Scratch::new());
    let (mut replies, mut consumed) = (Vec::new(), 0);
    for end in ends.iter().copied().chain([bytes.len()]) {
        loop {
            let mut written = Vec::new();
            let unanswered = &bytes[consumed..end];
            let answered =
                session.answer(&LIVE, &mut scratch, &mut slice(), unanswered, &mut written);
            replies.append(&mut written);
            consumed += answered.consumed;
            match answered.next {
                Next::Read => break,
                Next::Answer => {}
                Next::Close(closing) => {
                    return Outcome {
                        replies,
                        consumed,
                        closing: Some(closing),
                    };
                }
            }
        }
        session.shrink();
    }
    Outcome {
        replies,
        consumed,
        closing: None,
    }
}

/// Counts the replies.
fn count_replies(mut replies: &[u8]) -> usize {
    let mut count = 0;
    while !replies.is_empty() {
        replies = skip_reply(replies);
        count += 1;
    }
    count
}

/// Checks the first reply and returns the bytes behind it.
fn skip_reply(replies: &[u8]) -> &[u8] {
    let end = replies.windows(2).position(|pair| pair == b"\r\n");
    let end = end.expect("a reply's first line ends");
    let (line, rest) = (&replies[..end], &replies[end + 2..]);
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let text = std::str::from_utf8(&line[1..]).expect("a reply's first line is text");
    let length = || text.parse::<usize>().expect("a length");
    match line[0] {
        b'+' | b'-' => {
            // Other messages may quote the command.
            let is_fault = text.starts_with("UNKNOWN_EXCEPTION An internal fault");
            assert!(!text.is_empty() && !is_fault);
            rest
        }
        b':' => {
            text.parse::<i64>().expect("a number");
            rest
        }
        b'$' if text == "-1" => rest,
        b'$' | b'=' => {
            let (_, rest) = rest.split_at(length());
            rest.strip_prefix(b"\r\n").expect("a bulk ends")
        }
        b'*' => (0..length()).fold(rest, |rest, _| skip_reply(rest)),
        b'%' => (0..2 * length()).fold(rest, |rest, _| skip_reply(rest)),
        b'#' if text == "t" || text == "f" => rest,
        b'_' if text.is_empty() => rest,
        kind => panic!("not a type of reply: {kind}"),
    }
}
