//! The head of a request: what it asks for, and where it ends.

use std::mem::MaybeUninit;

use httparse::Status;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr_iter;
use thiserror::Error;

/// The most header lines of a head.
pub const MAX_HEADERS: usize = 100;

/// The most digits of a `Content-Length`: as many as surely fit.
const MAX_LENGTH_DIGITS: usize = 19;

/// What the head of one request says, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// How many bytes the head has, with the empty line that ends it.
    pub length: usize,
    /// What is to be done.
    pub method: Method,
    /// With what: the target without scheme, authority and query.
    pub path: &'a str,
    /// How the body is framed.
    pub framing: Framing,
    /// What the body is said to be.
    pub media_type: MediaType,
    /// Whether the client waits for leave to send the body.
    pub expects_leave: bool,
    /// Whether the client speaks HTTP/1.0, and not 1.1.
    pub is_old: bool,
    /// Whether the client will send more requests on the connection.
    pub is_kept: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: `GET`, with the head of the answer only.
    Head,
    /// `POST`.
    Post,
    /// Any other, none of which is served.
    Other,
}

/// Where the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After this many bytes; none, if the head says nothing of a body.
    Length(u64),
    /// After the last chunk and its trailers.
    Chunked,
}

/// What the body of a request is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`, with whatever parameters.
    Json,
    /// Another, or more than one.
    Other,
    /// The head says nothing of it.
    Missing,
}

/// Why bytes are no head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    /// They are not HTTP/1.0 or 1.1.
    #[error("The head of the request is not one of HTTP/1.1: {0}.")]
    Malformed(httparse::Error),
    /// Two parsers could find different ends of the request.
    #[error(
        "The framing of the request is ambiguous: it must have one Content-Length or one \
         Transfer-Encoding of chunked, not both, and lines that end in CR LF."
    )]
    Ambiguous,
    /// There are more than [`MAX_HEADERS`].
    #[error("The head of the request has more than {MAX_HEADERS} header lines.")]
    TooManyHeaders,
}

impl<'a> Head<'a> {
    /// Reads the head that `bytes` begin with; `None` if it is not complete.
    ///
    /// Allocates nothing. Costs a look at each byte, from the first on: to be called again when
    /// more lines have come, rather than more bytes.
    ///
    /// # Errors
    ///
    /// [`HeadError`], as soon as it is sure.
    pub fn read(bytes: &'a [u8]) -> Result<Option<Self>, HeadError> {
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut []);
        let Status::Complete(length) = request.parse_with_uninit_headers(bytes, &mut headers)?
        else {
            return Ok(None);
        };
        // httparse takes a line feed for the end of a line, whatever is before it.
        let head = &bytes[..length];
        let is_line_end = |at: usize| at > 0 && head[at - 1] == b'\r';
        if !memchr_iter(b'\n', head).all(is_line_end) {
            return Err(HeadError::Ambiguous);
        }
        let is_old = request.version == Some(0);
        let mut fields = Fields::default();
        for header in request.headers.iter() {
            fields.take(header);
        }
        Ok(Some(Self {
            length,
            method: Method::named(request.method.unwrap_or_default()),
            path: path_of(request.path.unwrap_or_default()),
            framing: fields.framing(is_old)?,
            media_type: fields.media_type,
            expects_leave: fields.expects_leave && !is_old,
            is_old,
            is_kept: !fields.is_closing && (!is_old || fields.is_keeping),
        }))
    }
}

/// All header lines of the head that `bytes` begin with, for those few requests of which more than
/// [`Head`] tells is needed.
///
/// # Errors
///
/// [`HeadError`] if they begin with none; that of a header whose name or value has no place in a
/// map, if one has not.
pub fn header_map(bytes: &[u8]) -> Result<HeaderMap, HeadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(bytes)?;
    let mut map = HeaderMap::with_capacity(request.headers.len());
    for header in request.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes())
            .map_err(|_| HeadError::Malformed(httparse::Error::HeaderName))?;
        let value = HeaderValue::from_bytes(header.value)
            .map_err(|_| HeadError::Malformed(httparse::Error::HeaderValue))?;
        map.append(name, value);
    }
    Ok(map)
}

impl Method {
    fn named(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}

/// The path of a target, which may be one as proxies are given it, with scheme and authority.
fn path_of(target: &str) -> &str {
    let target = target.split(['?', '#']).next().unwrap_or_default();
    match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ if target.is_empty() => "/",
        _ => target,
    }
}

/// What the header lines say.
struct Fields {
    content_length: Option<u64>,
    is_chunked: bool,
    is_ambiguous: bool,
    media_type: MediaType,
    expects_leave: bool,
    is_closing: bool,
    is_keeping: bool,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            content_length: None,
            is_chunked: false,
            is_ambiguous: false,
            media_type: MediaType::Missing,
            expects_leave: false,
            is_closing: false,
            is_keeping: false,
        }
    }
}

impl Fields {
    fn take(&mut self, header: &httparse::Header<'_>) {
        let name = header.name;
        let value = header.value.trim_ascii();
        // The length tells most names apart.
        match name.len() {
            6 if name.eq_ignore_ascii_case("expect") => {
                self.expects_leave = value.eq_ignore_ascii_case(b"100-continue");
            }
            10 if name.eq_ignore_ascii_case("connection") => self.take_options(value),
            12 if name.eq_ignore_ascii_case("content-type") => {
                let is_only = self.media_type == MediaType::Missing;
                self.media_type = match is_only && is_json(value) {
                    true => MediaType::Json,
                    false => MediaType::Other,
                };
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                self.is_ambiguous |= self.content_length.is_some();
                self.content_length = decimal(value);
                self.is_ambiguous |= self.content_length.is_none();
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                self.is_ambiguous |= self.is_chunked || !value.eq_ignore_ascii_case(b"chunked");
                self.is_chunked = true;
            }
            _ => {}
        }
    }

    /// The options of a `Connection` line.
    fn take_options(&mut self, value: &[u8]) {
        for option in value.split(|b| *b == b',') {
            let option = option.trim_ascii();
            self.is_closing |= option.eq_ignore_ascii_case(b"close");
            self.is_keeping |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn framing(&self, is_old: bool) -> Result<Framing, HeadError> {
        match (self.is_chunked, self.content_length) {
            _ if self.is_ambiguous => Err(HeadError::Ambiguous),
            // HTTP/1.0 has no codings: a proxy that speaks it would go by something else.
            (true, Some(_)) => Err(HeadError::Ambiguous),
            (true, None) if is_old => Err(HeadError::Ambiguous),
            (true, None) => Ok(Framing::Chunked),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

fn is_json(media_type: &[u8]) -> bool {
    let essence = media_type.split(|b| *b == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}

/// Digits only: neither a sign nor white space.
fn decimal(digits: &[u8]) -> Option<u64> {
    if !(1..=MAX_LENGTH_DIGITS).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        Some(number * 10 + u64::from(digit))
    })
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::TooManyHeaders,
            other => Self::Malformed(other),
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn what_is_no_head_is_refused_as_soon_as_it_is_sure() {
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
    fn a_head_is_read_once_it_is_whole() {
        let head = format!("{LINE}Content-Length: 3\r\n\r\n");
        for end in 0..head.len() {
            assert_eq!(read(&head[..end]), Ok(None), "{end}");
        }
        assert!(read(&head).unwrap().is_some());
    }

    #[test]
    fn framing_is_read_from_lines_however_they_are_spelled() {
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
    fn media_types_are_json_once() {
        for (lines, media_type) in [
            ("", MediaType::Missing),
            ("content-type: application/json\r\n", MediaType::Json),
            ("Content-Type:Application/JSON ;x=y\r\n", MediaType::Json),
            ("Content-Type: application/jsonp\r\n", MediaType::Other),
            ("Content-Type:\r\n", MediaType::Other),
            (
                "Content-Type: application/json\r\nContent-Type: application/json\r\n",
                MediaType::Other,
            ),
        ] {
            assert_eq!(whole(lines).media_type, media_type, "{lines}");
        }
    }

    #[test]
    fn connections_are_kept_as_the_version_and_the_options_say() {
        for (version, options, is_kept) in [
            (1, "", true),
            (1, "Connection: close\r\n", false),
            (1, "Connection: x, CLOSE\r\n", false),
            (1, "Connection: x\r\nConnection: close, y\r\n", false),
            (1, "Connection: closed\r\n", true),
            (0, "", false),
            (0, "Connection: Keep-Alive\r\n", true),
            (0, "Connection: keep-alive, close\r\n", false),
        ] {
            let head = format!("GET /livez HTTP/1.{version}\r\n{options}\r\n");
            let read = read(&head).unwrap().unwrap();
            assert_eq!(
                (read.is_old, read.is_kept),
                (version == 0, is_kept),
                "{head}"
            );
        }
    }

    #[test]
    fn leave_is_expected_by_those_that_can_be_given_it() {
        for (version, value, expected) in [
            (1, "100-Continue", true),
            (1, "200-ok", false),
            (0, "100-continue", false),
        ] {
            let head = format!("POST / HTTP/1.{version}\r\nExpect: {value}\r\n\r\n");
            assert_eq!(read(&head).unwrap().unwrap().expects_leave, expected);
        }
    }

    #[test]
    fn paths_are_what_is_left_of_targets() {
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
    fn all_headers_are_handed_on() {
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
}
