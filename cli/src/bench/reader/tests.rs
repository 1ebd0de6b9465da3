//! Responses are the same wherever their bytes are split.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use super::*;
use crate::bench::response::Outcome;

/// The length of a response, its content or failure, and `true` if it closes the connection.
type Read = (usize, Result<Vec<u8>, FailureKind>, bool);

/// Reads the responses in `bytes`, which arrive in pieces that end at `ends`, until an error.
fn responses(
    mut reader: ResponseReader,
    bytes: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> (Vec<Read>, Option<FailureKind>) {
    let (mut at, mut found) = (0, Vec::new());
    for end in ends.into_iter().chain([bytes.len()]) {
        while at < end {
            match reader.read(&bytes[at..end]) {
                Ok(Some(response)) => {
                    at += response.bytes;
                    let content = match response.outcome {
                        Outcome::Content(content) => Ok(content.to_vec()),
                        Outcome::Failed(kind, _) => Err(kind),
                    };
                    found.push((response.bytes, content, response.closes));
                }
                Ok(None) => break,
                Err(kind) => return (found, Some(kind)),
            }
        }
    }
    (found, None)
}

#[test]
fn the_limit_of_a_response_is_the_same_wherever_it_is_split() {
    for (bytes, too_long) in [
        (MAX_RESPONSE_BYTES - 1, false),
        (MAX_RESPONSE_BYTES, false),
        (MAX_RESPONSE_BYTES + 1, true),
        (MAX_RESPONSE_BYTES + 1000, true),
    ] {
        let text = format!("+{}\r\n", "x".repeat(bytes - 3));
        let length = bytes - 12;
        let bulk = format!("${length}\r\n{}\r\n", "x".repeat(length));
        let head = "HTTP/1.1 200 OK\r\nContent-Length: ";
        let length = bytes - head.len() - "1048576\r\n\r\n".len();
        let sized = format!("{head}{length:07}\r\n\r\n{}", "x".repeat(length));
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let length = bytes - head.len() - "0fffff\r\n\r\n0\r\n\r\n".len();
        let chunk = "x".repeat(length);
        let chunked = format!("{head}{length:06x}\r\n{chunk}\r\n0\r\n\r\n");
        for response in [text, bulk, sized, chunked] {
            assert_eq!(response.len(), bytes);
            let reader = match response.starts_with('H') {
                true => ResponseReader::Http(Vec::new()),
                false => ResponseReader::Resp,
            };
            // A line that is malformed only beyond the limit is too long all the same.
            for after in ["", "\0\0\0\0"] {
                let bytes = format!("{response}{after}");
                let whole = responses(reader.clone(), bytes.as_bytes(), []);
                let (found, failure) = &whole;
                assert_eq!(found.is_empty(), too_long, "{}", &response[..9]);
                assert_eq!(failure.is_some(), too_long || !after.is_empty());
                for ends in [
                    &[1000, 70_000][..],
                    &[response.len() - 1],
                    &[response.len()],
                ] {
                    let split = responses(reader.clone(), bytes.as_bytes(), ends.to_vec());
                    assert!(split == whole, "{:?}, {:?}", split.1, whole.1);
                }
            }
        }
    }
}

fn resp() -> impl Strategy<Value = Vec<u8>> {
    let parts = [
        "+a\r\n",
        "-ERR x\r\n",
        ":1\r\n",
        "_\r\n",
        "#t\r\n",
        "$3\r\nabc\r\n",
        "$-1\r\n",
        "*2\r\n",
        "*-1\r\n",
        "%1\r\n",
        "~1\r\n",
        ">1\r\n",
        "!3\r\nERR\r\n",
        "=1\r\nx\r\n",
        "$",
        "*",
        "%",
        "1048576",
        "1048577",
        "9999999999999999999",
        "\r\n",
        "\r",
        "\n",
        "-",
        "0",
    ];
    stream(&parts)
}

fn http() -> impl Strategy<Value = Vec<u8>> {
    let many = Box::leak("X: y\r\n".repeat(40).into_boxed_str());
    let parts = [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 503 Busy\r\n",
        "HTTP/1.1 204 \r\n",
        "HTTP/1.1 100 \r\n\r\n",
        "HTTP/2.0 ",
        "Content-Length: ",
        "Connection: close\r\n",
        "Transfer-Encoding: ",
        "chunked\r\n",
        many,
        "3\r\nabc\r\n",
        "0\r\n\r\n",
        "0\r\n",
        "1048577",
        "fffff",
        "ffffffffffffffff",
        ";x=y",
        ":",
        " ",
        "\r\n",
        "\r",
        "\n",
        "\t",
    ];
    // Parts seldom make a whole response by themselves.
    let whole = parts[0].as_bytes();
    (any::<bool>(), stream(&parts)).prop_map(move |(is_whole, rest)| {
        let start = if is_whole { whole } else { &[] };
        [start, rest.as_slice()].concat()
    })
}

/// Draws bytes of a stream: mostly `parts`, and some that may be anything.
fn stream(parts: &[&'static str]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let part = prop_oneof![
        12 => select(parts.to_vec()).prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn ends() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..6)
}

/// Reads 2000 streams, whole and split. Returns the number of those that begin with a whole response.
fn read_split(reader: &ResponseReader, streams: impl Strategy<Value = Vec<u8>>) -> u32 {
    let config = ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let with_response = Cell::new(0);
    let read = TestRunner::new(config).run(&(streams, ends()), |(bytes, ends)| {
        let whole = responses(reader.clone(), &bytes, []);
        let mut ends: Vec<_> = ends.iter().map(|end| end.index(bytes.len() + 1)).collect();
        ends.sort_unstable();
        prop_assert_eq!(&responses(reader.clone(), &bytes, ends), &whole);
        let each = responses(reader.clone(), &bytes, 0..bytes.len());
        prop_assert_eq!(&each, &whole);
        with_response.set(with_response.get() + u32::from(!whole.0.is_empty()));
        Ok(())
    });
    read.unwrap_or_else(|error| panic!("{error}"));
    with_response.get()
}

#[test]
fn replies_are_the_same_wherever_they_are_split() {
    let count = read_split(&ResponseReader::Resp, resp());
    assert!(count >= 500, "only {count} streams begin with a reply");
}

#[test]
fn http_responses_are_the_same_wherever_they_are_split() {
    let count = read_split(&ResponseReader::Http(Vec::new()), http());
    assert!(count >= 800, "only {count} streams begin with a response");
}

#[test]
fn any_bytes_are_read_in_the_same_way_wherever_they_are_split() {
    let bytes = || prop::collection::vec(any::<u8>(), 0..64);
    read_split(&ResponseReader::Resp, bytes());
    read_split(&ResponseReader::Http(Vec::new()), bytes());
}
