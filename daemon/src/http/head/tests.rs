use super::*;

const LINE: &str = "POST / HTTP/1.1\r\nHost: h\r\n";

fn read(head: &str) -> Result<Option<Head<'_>>, HeadError> {
    Head::read(head.as_bytes())
}

fn whole(lines: &str) -> Head<'static> {
    let head = format!("{LINE}{lines}\r\nabc").leak();
    let read = read(head).unwrap().unwrap();
    assert_eq!(read.length, head.len() - 3, "{head}");
    read
}

#[test]
fn heads_that_can_be_read_in_two_ways_are_refused() {
    for lines in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "transfer-encoding:chunked\r\nCONTENT-LENGTH:0\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: x\r\nContent-Length: 3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "X: 1\nY: 2\r\n",
        "X: 1\r\n\n",
    ] {
        let head = format!("{LINE}{lines}\r\n");
        assert_eq!(read(&head), Err(HeadError::Ambiguous), "{head}");
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(read(old), Err(HeadError::Ambiguous));
    let bare = "POST / HTTP/1.1\nHost: h\n\n";
    assert_eq!(read(bare), Err(HeadError::Ambiguous));
}

#[test]
fn bytes_that_cannot_be_a_head_are_refused_as_soon_as_that_is_certain() {
    for head in [
        "\x16\x03\x01\x02",
        "*1\r\n$4\r\nPING\r\n",
        "POST / HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\n",
        "POST  / HTTP/1.1\r\n",
        "POST / HTTP/1.1 \r\n",
        "POST / HTTP/1.1\r\nContent-Length : 3\r\n",
        "POST / HTTP/1.1\r\nX: 1\r\n Content-Length: 3\r\n",
        "POST / HTTP/1.1\r\nX: a\rb\r\n",
        "POST / HTTP/1.1\r\nX\0: 4\r\n",
        "POST / HTTP/1.1\r\n: 4\r\n",
        "POST / HTTP/1.1\r\nX 4\r\n",
    ] {
        let error = read(head).unwrap_err();
        assert!(matches!(error, HeadError::Malformed(_)), "{head}: {error}");
    }
    let many = |n: usize| format!("{LINE}{}\r\n", "X: 1\r\n".repeat(n - 1));
    assert!(read(&many(MAX_HEADERS)).unwrap().is_some());
    assert_eq!(read(&many(MAX_HEADERS + 1)), Err(HeadError::TooManyHeaders));
}

#[test]
fn a_head_is_read_once_it_is_complete() {
    let head = format!("{LINE}Content-Length: 3\r\n\r\n");
    for end in 0..head.len() {
        assert_eq!(read(&head[..end]), Ok(None), "{end}");
    }
    assert!(read(&head).unwrap().is_some());
}

#[test]
fn the_framing_does_not_depend_on_case_and_white_space() {
    for (lines, framing) in [
        ("", Framing::Length(0)),
        ("content-length:  25 \r\n", Framing::Length(25)),
        ("CONTENT-LENGTH:007\r\n", Framing::Length(7)),
        ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
        ("TE: trailers\r\nContent-Lengths: 4\r\n", Framing::Length(0)),
    ] {
        assert_eq!(whole(lines).framing, framing, "{lines}");
    }
}

#[test]
fn the_media_type_is_json_if_one_line_says_so() {
    for (lines, media_type) in [
        ("", MediaType::Missing),
        ("content-type: application/json\r\n", MediaType::Json),
        ("Content-Type:Application/JSON ;x=y\r\n", MediaType::Json),
        (
            "Content-Type: application/jsonp\r\n",
            MediaType::Other(b"application/jsonp"),
        ),
        ("Content-Type:\r\n", MediaType::Other(b"")),
        (
            "Content-Type: application/json\r\nContent-Type: application/json\r\n",
            MediaType::Several,
        ),
    ] {
        assert_eq!(whole(lines).media_type, media_type, "{lines}");
    }
}

#[test]
fn the_version_and_the_connection_options_decide_about_keep_alive() {
    for (version, options, keep_alive) in [
        (1, "", true),
        (1, "Connection: close\r\n", false),
        (1, "Connection: x, CLOSE\r\n", false),
        (1, "Connection: x\r\nConnection: close, y\r\n", false),
        (1, "Connection: closed\r\n", true),
        (0, "", false),
        (0, "Connection: Keep-Alive\r\n", true),
        (0, "Connection: keep-alive, close\r\n", false),
    ] {
        let head = format!("GET /livez HTTP/1.{version}\r\nHost: h\r\n{options}\r\n");
        let read = read(&head).unwrap().unwrap();
        let expected = [Version::HTTP_10, Version::HTTP_11][version];
        assert_eq!(
            (read.version, read.keep_alive),
            (expected, keep_alive),
            "{head}"
        );
    }
}

#[test]
fn only_clients_of_http_1_1_can_expect_100_continue() {
    for (version, value, expected) in [
        (1, "100-Continue", true),
        (1, "200-ok", false),
        (0, "100-continue", false),
    ] {
        let head = format!("POST / HTTP/1.{version}\r\nHost: h\r\nExpect: {value}\r\n\r\n");
        assert_eq!(read(&head).unwrap().unwrap().expects_continue, expected);
    }
}

#[test]
fn the_path_is_the_target_without_scheme_authority_and_query() {
    for (target, path) in [
        ("/", "/"),
        ("/livez", "/livez"),
        ("/livez?a=b?c", "/livez"),
        ("http://h:1/livez?a", "/livez"),
        ("http://h", "/"),
        ("http://h#/livez", "/"),
        ("/livez#/x", "/livez"),
        ("http://h?a=/livez", "/"),
        ("/a://b/livez", "/a://b/livez"),
        ("*", "*"),
        ("?x", "/"),
        ("x?://h/livez", "x"),
        ("h:443", "h:443"),
    ] {
        assert_eq!(path_of(target), path, "{target}");
    }
}

#[test]
fn the_header_map_has_every_line() {
    let head = format!("{LINE}X-A: 1\r\nx-a: é\r\nCookie: c\r\n\r\n");
    let map = header_map(head.as_bytes()).unwrap();
    let values: Vec<_> = map
        .get_all("x-a")
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    assert_eq!(values, [b"1".as_slice(), "é".as_bytes()]);
    assert_eq!(
        (map.len(), &map["cookie"]),
        (4, &HeaderValue::from_static("c"))
    );
}

#[test]
fn a_request_of_http_1_1_has_one_valid_host() {
    for (version, lines, expected) in [
        (1, "", Err(HeadError::NoHost)),
        (1, "X-Host: h\r\n", Err(HeadError::NoHost)),
        (1, "hOST: h:1\r\n", Ok(())),
        (1, "Host:\r\n", Ok(())),
        (1, "Host: h\r\nHost: h\r\n", Err(HeadError::SeveralHosts)),
        (1, "Host: h\r\nHost: \r\n", Err(HeadError::SeveralHosts)),
        (1, "Host: h/\r\nHost: h\r\n", Err(HeadError::SeveralHosts)),
        (1, "Host: h, g/\r\n", Err(HeadError::BadHost)),
        (1, "Host: u@h\r\n", Err(HeadError::BadHost)),
        (0, "", Ok(())),
        (0, "Host: h\r\n", Ok(())),
        (0, "Host: h h\r\n", Err(HeadError::BadHost)),
        (0, "Host: h\r\nHost: h\r\n", Err(HeadError::SeveralHosts)),
    ] {
        for target in ["/", "http://h/", "*"] {
            let head = format!("GET {target} HTTP/1.{version}\r\n{lines}\r\n");
            let read = read(&head).unwrap().unwrap();
            assert_eq!(read.host_error.map_or(Ok(()), Err), expected, "{head}");
        }
    }
}

#[test]
fn a_content_encoding_is_one_that_changes_the_body() {
    for (lines, expected) in [
        ("", None),
        ("Content-Encoding:\r\n", None),
        ("Content-Encoding: Identity, ,\r\n", None),
        ("CONTENT-ENCODING: gzip\r\n", Some("gzip")),
        (
            "Content-Encoding: identity\r\nContent-Encoding: br\r\nContent-Encoding: x\r\n",
            Some("br"),
        ),
        (
            "Content-Encoding: identity, gzip\r\n",
            Some("identity, gzip"),
        ),
        ("Content-Encodings: gzip\r\n", None),
    ] {
        let read = whole(lines).content_encoding;
        assert_eq!(read, expected.map(str::as_bytes), "{lines}");
    }
}
