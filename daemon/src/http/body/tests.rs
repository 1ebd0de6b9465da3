//! Bodies with a length and in chunks, whole and malformed.

use super::*;

/// Reads a body whose bytes arrive at once, one by one, and seven by seven. Returns the body,
/// whether it is complete, and the bytes after it.
fn read(framing: Framing, bytes: &[u8]) -> Result<(Vec<u8>, bool, &[u8]), BrokenBody> {
    let [whole, rest @ ..] = [usize::MAX, 1, 7].map(|size| {
        let (mut body, mut all) = (Body::new(framing), Vec::new());
        let mut at = 0;
        while at < bytes.len() && !body.is_complete() {
            let end = bytes.len().min(at.saturating_add(size));
            let mut piece = &bytes[at..end];
            while let Some(data) = body.next(&mut piece)? {
                all.extend_from_slice(data);
            }
            at = end - piece.len();
        }
        Ok((all, body.is_complete(), &bytes[at..]))
    });
    assert!(rest.iter().all(|read| *read == whole), "{bytes:?}");
    whole
}

#[test]
fn a_body_with_a_length_has_that_many_bytes() {
    let read = |length, bytes| read(Framing::Length(length), bytes);
    assert_eq!(read(0, b"abc"), Ok((vec![], true, b"abc".as_slice())));
    assert_eq!(read(2, b"abc"), Ok((b"ab".to_vec(), true, b"c".as_slice())));
    assert_eq!(
        read(4, b"abc"),
        Ok((b"abc".to_vec(), false, b"".as_slice()))
    );
}

#[test]
fn chunks_are_joined_without_their_framing() {
    for (bytes, body, rest) in [
        ("0\r\n\r\nx", "", "x"),
        ("3\r\nabc\r\n0\r\n\r\n", "abc", ""),
        (
            "003;x=y\r\na\nb\r\n1A \r\nzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n0\r\nX: y\r\nZ:\r\n\r\nG",
            "a\nbzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "G",
        ),
    ] {
        let expected = (body.as_bytes().to_vec(), true, rest.as_bytes());
        assert_eq!(
            read(Framing::Chunked, bytes.as_bytes()),
            Ok(expected),
            "{bytes}"
        );
    }
    let (body, is_complete, _) = read(Framing::Chunked, b"3\r\nabc\r\n0\r\n").unwrap();
    assert_eq!((body.as_slice(), is_complete), (b"abc".as_slice(), false));
}

#[test]
fn malformed_chunks_are_refused_with_the_reason() {
    let pad = " ".repeat(SAVED_BYTES);
    let long = format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(SAVED_BYTES - 2));
    let endless = format!("3{pad}{pad}");
    let before = format!("3{pad}\u{12};x\r\nabc\r\n0\r\n\r\n");
    let after = format!("3;\u{12}{pad};x\r\nabc\r\n0\r\n\r\n");
    let cr = format!("3;{}\rx\r\nabc\r\n0\r\n\r\n", "x".repeat(SAVED_BYTES - 3));
    let past = format!("3\r\nabc{pad}{pad}\r\n0\r\n\r\n");
    let trailers = format!("0\r\nX: {}\r\n\r\n", "x".repeat(MAX_TRAILER_BYTES - 3));
    let many = format!("0\r\n{}", "X: y\r\n".repeat(MAX_TRAILER_BYTES / 5 + 1));
    let name = format!("0\r\n{}: y\r\n\r\n", "x".repeat(SAVED_BYTES));
    let last_of_many = 3 + (MAX_TRAILER_BYTES as u64) / 5 * 6;
    type Cases<'a> = (fn(u64) -> BrokenBody, &'a [(&'a str, u64)]);
    let table: [Cases<'_>; 7] = [
        (
            BrokenBody::ChunkSize,
            &[
                ("x\r\n", 0),
                ("\r\n", 0),
                (";x\r\n", 0),
                (" 3\r\n", 0),
                ("-1\r\n", 0),
                ("+1\r\n", 0),
                ("0x1\r\n", 0),
                ("ffffffffffffffff\r\n", 0),
                ("3\r\nabc\r\n\r\n", 8),
            ],
        ),
        (
            BrokenBody::LineTooLong,
            &[(&long, 0), (&endless, 0), (&before, 0)],
        ),
        (
            BrokenBody::ChunkTooLong,
            &[("3\r\nabcd\r\n", 6), ("1\r\nx\0\r\n", 4), (&past, 6)],
        ),
        (
            BrokenBody::TrailerName,
            &[
                ("0\r\nGET / HTTP/1.1\r\n", 3),
                ("1\r\na\r\n0\r\nA: b\r\n: y\r\n", 15),
                ("0\r\nX y: z\r\n", 3),
                (&name, 3),
            ],
        ),
        (
            BrokenBody::TrailersTooLong,
            &[(&trailers, 3), (&many, last_of_many)],
        ),
        (
            BrokenBody::LineEnd,
            &[("3\nabc\r\n", 0), ("3\r\nabc\n", 6), ("0\r\nX: y\n", 3)],
        ),
        (
            BrokenBody::ControlCharacter,
            &[
                ("1\u{c}\r\nx", 0),
                ("1\r\r\nx", 0),
                ("2;a\rb\r\n", 0),
                ("2;\0\r\n", 0),
                ("1\r\nx\r\r\n", 4),
                ("0\r\nX: a\rb\r\n", 3),
                ("0\r\nX: \0\r\n", 3),
                ("0\r\n\r\r\n", 3),
                (&after, 0),
                (&cr, 0),
            ],
        ),
    ];
    for (reason, cases) in table {
        for (bytes, at) in cases {
            let read = read(Framing::Chunked, bytes.as_bytes());
            assert_eq!(read, Err(reason(*at)), "{bytes:?}");
        }
    }
}

#[test]
fn a_body_that_ends_early_has_the_number_of_its_bytes() {
    for (framing, bytes) in [
        (Framing::Length(9), "ab"),
        (Framing::Chunked, "3\r\nab"),
        (Framing::Chunked, "3\r\nabc\r\n0\r\nX: y\r\nZ"),
    ] {
        let mut body = Body::new(framing);
        let mut rest = bytes.as_bytes();
        while body.next(&mut rest).unwrap().is_some() {}
        assert!(!body.is_complete());
        let ended = BrokenBody::EndedEarly(bytes.len() as u64);
        assert_eq!(body.ended_early(), ended, "{bytes:?}");
    }
}

#[test]
fn lines_and_trailers_have_as_many_bytes_as_the_limit() {
    let line = format!("1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(SAVED_BYTES - 3));
    let trailer = "x".repeat(MAX_TRAILER_BYTES - "X: \r\r".len());
    let trailers = format!("1\r\nx\r\n0\r\nX: {trailer}\r\n\r\n");
    for bytes in [line, trailers] {
        let wanted = Ok((b"x".to_vec(), true, &b""[..]));
        assert_eq!(read(Framing::Chunked, bytes.as_bytes()), wanted);
    }
}
