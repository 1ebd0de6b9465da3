//! Any bytes, as what a Redis client sends.

use codeid_daemon::resp::{CloseReason, Decoder, Next, ProtocolError, Session};
use codeid_engine::Scratch;

use crate::http_body::LIVE;

/// The most places at which the bytes are split, one after the other.
const MAX_SPLITS: usize = 256;

/// What a conversation came to.
#[derive(Debug, PartialEq)]
struct Conversation {
    replies: Vec<u8>,
    consumed: usize,
    closing: Option<CloseReason>,
}

/// However the bytes are split into reads, they are the same commands and get the same replies; the
/// replies are well-formed, one for each command, the last one telling of an error in the protocol.
pub fn resp(bytes: &[u8]) {
    let (commands, error) = decode(bytes, &[]);
    let conversation = converse(bytes, &[]);
    let every: Vec<_> = (0..bytes.len()).collect();
    assert_eq!(decode(bytes, &every), (commands.clone(), error));
    assert_eq!(converse(bytes, &every), conversation);
    for at in every.iter().step_by(bytes.len() / MAX_SPLITS + 1) {
        assert_eq!(decode(bytes, &[*at]), (commands.clone(), error));
        assert_eq!(converse(bytes, &[*at]), conversation);
    }

    let mut asked = commands
        .iter()
        .filter(|command| !command.is_empty())
        .count();
    match conversation.closing {
        None => assert!(error.is_none()),
        Some(CloseReason::Protocol(told)) => {
            assert_eq!(Some(told), error);
            asked += 1;
        }
        // Of what follows nothing is answered.
        Some(CloseReason::Quit | CloseReason::Http) => asked = count(&conversation.replies),
    }
    assert_eq!(count(&conversation.replies), asked);
}

/// Every command, and the error that ends them, of bytes that arrive in pieces.
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

fn converse(bytes: &[u8], ends: &[usize]) -> Conversation {
    let (mut session, mut scratch) = (Session::new(7), Scratch::new());
    let (mut replies, mut consumed) = (Vec::new(), 0);
    for end in ends.iter().copied().chain([bytes.len()]) {
        loop {
            let mut written = Vec::new();
            let unanswered = &bytes[consumed..end];
            let answered = session.answer(&LIVE, &mut scratch, unanswered, &mut written);
            replies.append(&mut written);
            consumed += answered.consumed;
            match answered.next {
                Next::Read => break,
                Next::Answer => {}
                Next::Close(closing) => {
                    return Conversation {
                        replies,
                        consumed,
                        closing: Some(closing),
                    };
                }
            }
        }
        session.shrink();
    }
    Conversation {
        replies,
        consumed,
        closing: None,
    }
}

/// How many replies there are.
fn count(mut replies: &[u8]) -> usize {
    let mut count = 0;
    while !replies.is_empty() {
        replies = skip(replies);
        count += 1;
    }
    count
}

/// What follows the first reply.
fn skip(replies: &[u8]) -> &[u8] {
    let end = replies.windows(2).position(|pair| pair == b"\r\n");
    let end = end.expect("a reply's first line ends");
    let (line, rest) = (&replies[..end], &replies[end + 2..]);
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let text = std::str::from_utf8(&line[1..]).expect("a reply's first line is text");
    let length = || text.parse::<usize>().expect("a length");
    match line[0] {
        b'+' | b'-' => {
            // Other errors repeat what was sent.
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
        b'*' => (0..length()).fold(rest, |rest, _| skip(rest)),
        b'%' => (0..2 * length()).fold(rest, |rest, _| skip(rest)),
        b'#' if text == "t" || text == "f" => rest,
        b'_' if text.is_empty() => rest,
        kind => panic!("no kind of reply: {kind}"),
    }
}
