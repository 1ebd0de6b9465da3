//! Replies, their fields and their elements.

use super::*;

#[test]
fn replies_of_both_versions_are_read_wherever_they_are_split() {
    let replies: [&[u8]; 9] = [
        b"+PONG\r\n",
        b"$5\r\na\r\nbc\r\n",
        b":1\r\n",
        b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
        b"%1\r\n+a\r\n#t\r\n",
        b"*0\r\n",
        b"-ERR unknown command\r\n",
        b"!8\r\nBUSY now\r\n",
        b"$-1\r\n",
    ];
    let all = replies.concat();
    let mut at = 0;
    for (index, reply) in replies.iter().enumerate() {
        for end in at..at + reply.len() {
            assert_eq!(read(&all[at..end]), Ok(None));
        }
        let response = read(&all[at..]).unwrap().unwrap();
        assert_eq!(response.bytes, reply.len(), "{index}");
        let word = |text: &str| FailureKind::ErrorReply(Word::from_text(text.as_bytes()));
        let wanted = match index {
            6 => Outcome::Failed(word("ERR"), b"ERR unknown command"),
            7 => Outcome::Failed(word("BUSY"), b"BUSY now"),
            8 => Outcome::Failed(FailureKind::NoSuchKey, b""),
            _ => Outcome::Content(reply),
        };
        assert_eq!(response.outcome, wanted, "{index}");
        at += reply.len();
    }
}

#[test]
fn violations_of_the_protocol_are_refused() {
    for bytes in [
        &b"HTTP/1.1 400\r\n"[..],
        b"$x\r\n",
        b"*99999999999999999999\r\n",
        b"$1\r\nabc",
        b"+a\rb",
    ] {
        assert_eq!(read(bytes), Err(BAD));
    }
    for bytes in [
        &b"$1048577\r\n"[..],
        b"$9223372036854775807\r\n",
        b"*1048577\r\n",
        b"%524289\r\n",
    ] {
        assert_eq!(read(bytes), Err(FailureKind::TooLong));
    }
    // Each array opens another, and no array is ever complete.
    assert_eq!(read(&b"*1\r\n".repeat(100_000)), Ok(None));
}

#[test]
fn fields_are_the_same_in_both_versions() {
    let two = fields(b"*4\r\n$11\r\nisSupported\r\n:1\r\n$9\r\ncodeValue\r\n$1\r\nx\r\n");
    let three = fields(b"%2\r\n+isSupported\r\n#t\r\n+codeValue\r\n$1\r\nx\r\n");
    assert_eq!(two, three);
    let wanted = serde_json::json!({"isSupported": true, "codeValue": "x"});
    assert_eq!(two.map(Value::Object), Some(wanted));
}

#[test]
fn an_array_has_as_many_elements_as_it_announces_or_an_error_for_each_missing_one() {
    let elements = |reply: &'static [u8]| array_elements(reply, 3).map(Iterator::collect);
    let one = Ok(Outcome::Content(b":1\r\n"));
    let two = Ok(Outcome::Content(b"*1\r\n+a\r\n"));
    let whole: Result<Vec<_>, _> = elements(b"*3\r\n:1\r\n*1\r\n+a\r\n:1\r\n");
    assert_eq!(whole, Ok(vec![one, two, Ok(Outcome::Content(b":1\r\n"))]));
    for cut in [
        &b"*3\r\n:1\r\n"[..],
        b"*3\r\n:1\r\n$5\r\nab",
        b"*3\r\n:1\r\nx",
    ] {
        let found: Result<Vec<_>, _> = elements(cut);
        let one = Ok(Outcome::Content(&b":1\r\n"[..]));
        assert_eq!(found, Ok(vec![one, Err(BAD), Err(BAD)]));
    }
    for other in [&b"*2\r\n:1\r\n:1\r\n"[..], b"%3\r\n", b"+a\r\n", b""] {
        assert!(array_elements(other, 3).is_err());
    }
}

#[test]
fn a_reply_that_is_not_a_map_has_no_fields() {
    for reply in [
        &b"+PONG\r\n"[..],
        b":1\r\n",
        b"$1\r\nx\r\n",
        b"*3\r\n+a\r\n:1\r\n+b\r\n",
        b"~2\r\n+a\r\n:1\r\n",
        b">2\r\n+a\r\n:1\r\n",
        b"*2\r\n*0\r\n:1\r\n",
        b"*2\r\n:1\r\n:1\r\n",
        b"%1\r\n#t\r\n:1\r\n",
        b"*2\r\n$-1\r\n:1\r\n",
        b"*2\r\n+a\r\n$-1\r\n",
        b"*4\r\n+a\r\n:1\r\n+a\r\n:1\r\n",
    ] {
        assert_eq!(fields(reply), None, "{}", reply.escape_ascii());
    }
}
