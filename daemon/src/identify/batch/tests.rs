//! Batches, their elements and their limits.

use super::*;
use crate::error_chain::ErrorChain;

fn read(body: &[u8]) -> Result<Batch, RequestError> {
    let batch = || Batch::new(Bytes::copy_from_slice(body));
    let (mut whole, mut sliced) = (batch(), batch());
    let read = whole
        .read(&mut Slice::endless())
        .map(|is_read| assert!(is_read));
    // Another slice after each step changes nothing.
    let read_in_slices = loop {
        match sliced.read(&mut Slice::shortest()) {
            Ok(false) => {}
            Ok(true) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(format!("{read:?}"), format!("{read_in_slices:?}"));
    assert_eq!(
        format!("{:?}", whole.elements),
        format!("{:?}", sliced.elements)
    );
    read.map(|()| whole)
}

fn refusal(body: &[u8]) -> String {
    ErrorChain(&read(body).unwrap_err()).to_string()
}

#[test]
fn a_batch_has_bad_elements_in_their_places() {
    let mut batch = read(
        br#" [{"codeValue":"a","openId":"u-1"}, 5,null , [],{"codeValue":"b"},
            {"openId":"u-1","codeValue":"\u0061"}] "#,
    )
    .unwrap();
    let mut elements = Vec::new();
    while let Some(element) = batch.peek() {
        elements.push(match element {
            Ok(parameters) => match parameters.check() {
                Ok((code_value, open_id)) => {
                    format!("{} {}", code_value.as_str(), open_id.as_str())
                }
                Err(error) => error.to_string(),
            },
            Err(kind) => kind.to_string(),
        });
        batch.advance(0);
    }
    let missing = "openId must be a string of 3 to 256 characters but is missing";
    let expected = ["a u-1", "a number", "null", "an array", missing, "a u-1"];
    assert_eq!(elements, expected);
    assert!(read(b" [ ] ").unwrap().peek().is_none());
}

#[test]
fn a_malformed_batch_is_refused_as_a_whole() {
    let table: &[(&[u8], &str)] = &[
        (b"", "the body is empty"),
        (b" \n ", "the body has only white space"),
        (b" x", "the body is not JSON"),
        (
            b"\xef\xbb\xbf[]",
            "the body begins with a byte order mark of UTF-8; it must be UTF-8 without one",
        ),
        (
            b"[\0{\0}\0]\0",
            "the body is encoded in UTF-16; it must be UTF-8",
        ),
        (b"\0[\0]", "the body is encoded in UTF-16; it must be UTF-8"),
        (b"{\0}\0", "the body is encoded in UTF-16; it must be UTF-8"),
        (b" {}", "the body must be an array but is an object"),
        (b"[", "the body is not JSON: a value is expected at byte 1"),
        (
            b"[1",
            "the body is not JSON: `,` or `]` is expected at byte 2",
        ),
        (
            b"[1 2]",
            "the body is not JSON: `,` or `]` is expected at byte 3",
        ),
        (
            b"[1]]",
            "the body is not JSON: the end of the body is expected at byte 3",
        ),
        (
            b"[1,]",
            "in element 2 of the batch: the body is not JSON: expected value at line 1 column 1",
        ),
        (
            b"[1,\"\xff\"]",
            "in element 2 of the batch: the body is not valid UTF-8 at byte 1",
        ),
        (
            br#"[{"codeValue":"a","codeValue":"a"}]"#,
            "in element 1 of the batch: the body is not accepted: codeValue occurs more than once at line 1 column 28",
        ),
        (
            br#"[0,{"x":{"y":1,"y":1}}]"#,
            "in element 2 of the batch: the body is not accepted: an object has a repeated key at line 1 column 19",
        ),
        (
            br#"["\ud800"]"#,
            "in element 1 of the batch: the body is not accepted: a string has a lone surrogate",
        ),
        (
            br#"[[{"y":1,"y":1}]]"#,
            "in element 1 of the batch: the body is not accepted: an object has a repeated key",
        ),
    ];
    for (body, error) in table {
        assert_eq!(refusal(body), *error, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_batch_has_limits() {
    let elements = |n: usize, last: &str| format!("[{}{last}", vec!["1"; n].join(","));
    assert_eq!(
        read(elements(1024, "]").as_bytes()).unwrap().elements.len(),
        1024
    );
    let refused = refusal(elements(1025, "]").as_bytes());
    assert_eq!(refused, "the batch has more than 1024 elements");
    // A batch that is malformed and too long is reported as malformed.
    let refused = refusal(elements(1025, "}").as_bytes());
    assert_eq!(
        refused,
        "the body is not JSON: `,` or `]` is expected at byte 2050"
    );

    let element = |bytes: usize| format!("[\"{}\" , 1]", "x".repeat(bytes - 2));
    assert!(read(element(128 << 10).as_bytes()).is_ok());
    for bytes in [(128 << 10) + 1, (128 << 10) + 2, 300 << 10] {
        let refused = refusal(element(bytes).as_bytes());
        assert_eq!(refused, "element 1 of the batch has more than 131072 bytes");
    }
    let spaces = format!("[{}1{}]", " ".repeat(200 << 10), " ".repeat(200 << 10));
    assert!(read(spaces.as_bytes()).is_ok());
}
