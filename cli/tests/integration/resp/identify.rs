//! The replies to `IDENTIFY` and `MIDENTIFY`, in both versions of the protocol.

use super::client::{Reply, command};
use super::commands::both;
use crate::serve::daemon::{Daemon, Process};

const PARAM_ILLEGAL: &str = "PARAM_ILLEGAL ";

/// Returns the map for a code value, as the version of the protocol encodes it.
fn identified(client_is_resp3: bool, is_supported: bool, texts: &[(&str, &str)]) -> Reply {
    let supported = match client_is_resp3 {
        true => Reply::Boolean(is_supported),
        false => Reply::Integer(i64::from(is_supported)),
    };
    let texts = texts.iter();
    let texts = texts.map(|(name, value)| (Reply::bulk(name), Reply::bulk(value)));
    let pairs = [(Reply::bulk("isSupported"), supported)]
        .into_iter()
        .chain(texts);
    match client_is_resp3 {
        true => Reply::Map(pairs.collect()),
        false => Reply::Array(pairs.flat_map(|(name, value)| [name, value]).collect()),
    }
}

#[test]
fn a_code_value_is_identified_in_both_versions() {
    let daemon = Process::start();
    for (is_resp3, mut client) in both(&daemon) {
        assert_eq!(
            client.command(&["IDENTIFY", "28100104x", "user-42"]),
            identified(
                is_resp3,
                true,
                &[
                    ("postCodeMatchActionType", "DECODE"),
                    ("codeValue", "28100104x"),
                ],
            )
        );
        assert_eq!(
            client.command(&["identify", "https://qr.example.com/\u{e9}", "user-42"]),
            identified(
                is_resp3,
                true,
                &[
                    ("postCodeMatchActionType", "OPEN_URL"),
                    ("redirectUrl", "https://qr.example.com/%C3%A9"),
                    ("userAgent", "-/AlipayConnect"),
                ],
            )
        );
        for unsupported in ["2810000404", "anything", "*1\r\n$4\r\nQUIT\r\n"] {
            assert_eq!(
                client.command(&["IDENTIFY", unsupported, "user-42"]),
                identified(is_resp3, false, &[])
            );
        }
    }
}

#[test]
fn a_bad_parameter_gets_an_error_that_names_it_and_an_open_connection() {
    let daemon = Process::start();
    let long_code = "x".repeat(8193);
    let long_id = "\u{e9}".repeat(257);
    let table: [(&[&[u8]], &str); 8] = [
        (
            &[b"", b"user-42"],
            "codeValue must have 1 to 8192 characters but has 0.",
        ),
        (
            &[long_code.as_bytes(), b"user-42"],
            "codeValue must have 1 to 8192 characters but has 8193.",
        ),
        (
            &[b"28", b"ab"],
            "openId must have 3 to 256 characters but has 2.",
        ),
        (
            &[b"28", long_id.as_bytes()],
            "openId must have 3 to 256 characters but has 257.",
        ),
        (
            &[b"28\xff", b"user-42"],
            "codeValue is not valid UTF-8 at byte 2.",
        ),
        (&[b"28", b"\xc3us"], "openId is not valid UTF-8 at byte 0."),
        (
            &[b"28"],
            "openId must be a string of 3 to 256 characters but is missing.",
        ),
        (
            &[],
            "codeValue must be a string of 1 to 8192 characters but is missing; openId must be a \
             string of 3 to 256 characters but is missing.",
        ),
    ];
    for (_, mut client) in both(&daemon) {
        for (parameters, detail) in table {
            let name: &[u8] = b"IDENTIFY";
            client.send(command(&[&[name], parameters].concat()));
            let expected = Reply::Error(format!("{PARAM_ILLEGAL}{detail}"));
            assert_eq!(client.receive(), expected);
        }
        let four_bytes = "\u{1f600}".repeat(8192);
        let reply = client.command(&["IDENTIFY", &four_bytes, "abc"]);
        assert_eq!(reply.pairs(), 1, "{reply:?}");
        assert_eq!(
            client.command(&["IDENTIFY", "28", "user-42", "more"]),
            Reply::error("ERR wrong number of arguments for 'identify' command")
        );
    }
}

#[test]
fn an_argument_that_is_not_utf_8_fails_only_its_own_command() {
    let daemon = Process::start();
    let (text, not_text): (&[u8], &[u8]) = ("28100104\u{e9}".as_bytes(), b"28100104\xc3");
    for (is_resp3, mut client) in both(&daemon) {
        let codes = [text, not_text, text];
        let pipeline = codes.map(|code| command(&[b"IDENTIFY".as_slice(), code, b"user-42"]));
        client.send(pipeline.concat());
        client.send(b"IDENTIFY \"28100104\\xc3\" user-42\r\nIDENTIFY 28100104\xc3\xa9 user-42\r\n");
        let not_text = "codeValue is not valid UTF-8 at byte 8.";
        let not_text = Reply::Error(format!("{PARAM_ILLEGAL}{not_text}"));
        let decode = [
            ("postCodeMatchActionType", "DECODE"),
            ("codeValue", "28100104\u{e9}"),
        ];
        let text = identified(is_resp3, true, &decode);
        for expected in [&text, &not_text, &text, &not_text, &text] {
            assert_eq!(client.receive(), *expected);
        }
    }
}

#[test]
fn a_batch_has_each_reply_in_its_place() {
    let daemon = Process::start();
    for (is_resp3, mut client) in both(&daemon) {
        let reply = client.command(&[
            "MIDENTIFY",
            "28100104x",
            "user-42",
            "",
            "user-42",
            "x",
            "u",
            "x",
            "user-42",
        ]);
        let decode = [
            ("postCodeMatchActionType", "DECODE"),
            ("codeValue", "28100104x"),
        ];
        let expected = [
            identified(is_resp3, true, &decode),
            Reply::error("PARAM_ILLEGAL codeValue must have 1 to 8192 characters but has 0."),
            Reply::error("PARAM_ILLEGAL openId must have 3 to 256 characters but has 1."),
            identified(is_resp3, false, &[]),
        ];
        assert_eq!(reply, Reply::Array(expected.to_vec()));

        let batch = |pairs: usize| {
            let arguments = [vec!["MIDENTIFY"], ["x", "user-42"].repeat(pairs)].concat();
            command(&arguments)
        };
        client.send(batch(1024));
        assert_eq!(
            client.receive(),
            Reply::Array(vec![identified(is_resp3, false, &[]); 1024])
        );
        client.send(batch(1025));
        assert_eq!(
            client.receive(),
            Reply::error("PARAM_ILLEGAL The batch has more than 1024 elements.")
        );
        for incomplete in [
            &["MIDENTIFY"][..],
            &["MIDENTIFY", "x"],
            &["MIDENTIFY", "x", "abc", "y"],
        ] {
            assert_eq!(
                client.command(incomplete),
                Reply::error("ERR wrong number of arguments for 'midentify' command")
            );
        }
    }
}

#[test]
fn the_largest_batch_that_fits_is_answered() {
    let daemon = Daemon::start();
    // 16 MiB without the openIds and the framing.
    let code = format!("28100104{}", "x".repeat(16_300));
    let (code, open_id) = (&code[..8192], "user-42");
    let mut client = daemon.resp3();
    let arguments = [vec!["MIDENTIFY"], [code, open_id].repeat(1024)].concat();
    client.send(command(&arguments));
    let Reply::Array(replies) = client.receive() else {
        panic!("not an array")
    };
    assert_eq!(replies.len(), 1024);
    let is_whole = |reply: &Reply| reply.get("codeValue").and_then(Reply::text) == Some(code);
    assert!(replies.iter().all(is_whole));
}
