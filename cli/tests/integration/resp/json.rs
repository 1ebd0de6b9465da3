//! `IDENTIFY … AS JSON`: the body of the HTTP endpoint.

use super::client::{Reply, command};
use crate::serve::daemon::Daemon;

#[test]
fn the_json_is_the_body_of_the_http_endpoint_to_the_byte() {
    let daemon = Daemon::start();
    let mut http = daemon.unix();
    let (long_code, long_id) = ("x".repeat(8193), "\u{e9}".repeat(257));
    let table = [
        ("28100104x", "user-42"),
        ("2810000404", "user-42"),
        ("anything", "user-42"),
        ("28100104\"\\\u{1}\u{e9}\u{1f600}\r\n", "user-42"),
        ("https://qr.example.com/\u{e9}?a=\"b\"", "user-42"),
        ("", "user-42"),
        (long_code.as_str(), "user-42"),
        ("28", "ab"),
        ("28", long_id.as_str()),
        ("", ""),
    ];
    for (code, open_id) in table {
        let body = serde_json::json!({"codeValue": code, "openId": open_id}).to_string();
        let expected = String::from_utf8(http.post("/v1/identifyCode", body).body).unwrap();
        for (mut client, words) in [
            (daemon.resp(), ["AS", "JSON"]),
            (daemon.resp3(), ["as", "Json"]),
        ] {
            let arguments = ["IDENTIFY", code, open_id, words[0], words[1]];
            assert_eq!(client.command(&arguments), Reply::bulk(&expected), "{code}");
        }
    }
    // HTTP has no code value that is not UTF-8.
    let mut client = daemon.resp();
    let arguments: [&[u8]; 5] = [b"IDENTIFY", b"28\xff", b"user-42", b"AS", b"JSON"];
    client.send(command(&arguments));
    let reply = client.receive();
    let body: serde_json::Value = serde_json::from_str(reply.text().unwrap()).unwrap();
    assert_eq!(body["result"]["resultCode"], "PARAM_ILLEGAL");
    assert_eq!(body["detail"], "codeValue is not valid UTF-8 at byte 2.");
}

#[test]
fn other_words_and_batches_in_json_are_refused() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    let count = "ERR wrong number of arguments for 'identify' command";
    let words = "ERR syntax error: after the openId, IDENTIFY takes AS JSON and nothing else";
    let batch = "ERR syntax error: MIDENTIFY has no form AS JSON; send IDENTIFY codeValue openId AS JSON \
                 for each code";
    let table: [(&[&str], &str); 7] = [
        (&["IDENTIFY", "28", "user-42", "AS"], count),
        (&["IDENTIFY", "28", "user-42", "AS", "JSON", "x"], count),
        (&["IDENTIFY", "28", "user-42", "AS", "XML"], words),
        (&["IDENTIFY", "28", "user-42", "IN", "JSON"], words),
        (&["IDENTIFY", "28", "user-42", "JSON", "AS"], words),
        (&["MIDENTIFY", "28", "user-42", "AS", "JSON"], batch),
        (
            &["MIDENTIFY", "28", "user-42", "28", "user-43", "as", "json"],
            batch,
        ),
    ];
    for (arguments, error) in table {
        assert_eq!(
            client.command(arguments),
            Reply::error(error),
            "{arguments:?}"
        );
    }
    // A pair of a batch may have these words, and a code value alone, too.
    let one = client.command(&["IDENTIFY", "AS", "JSON"]);
    assert_eq!(one.pairs(), 1);
    assert_eq!(
        client.command(&["MIDENTIFY", "AS", "JSON"]),
        Reply::Array(vec![one])
    );
}
