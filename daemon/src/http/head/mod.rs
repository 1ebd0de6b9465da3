//! The head of a request: its target, and the framing of its body.

use std::mem::MaybeUninit;

use httparse::Status;
use hyper::Version;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use memchr::memchr_iter;
use thiserror::Error;

use super::content::{has_coding, is_json};
use crate::host::is_host_header;

/// The most header lines of a head.
pub const MAX_HEADERS: usize = 100;

/// The most digits of a `Content-Length`; a number of 19 digits fits 64 bits.
const MAX_LENGTH_DIGITS: usize = 19;

/// The head of a request, as far as the serving listeners need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The length of the head in bytes, with the empty line that ends it.
    pub length: usize,
    /// The method.
    pub method: Method,
    /// The path: the target without scheme, authority, query and fragment, and not decoded. `/` if the
    /// target has none; never empty.
    pub path: &'a str,
    /// The error of a `Host` that is missing or not right: the request is to be refused.
    pub host_error: Option<HeadError>,
    /// The framing of the body.
    pub framing: Framing,
    /// The media type of the body.
    pub media_type: MediaType<'a>,
    /// The first `Content-Encoding` that names a coding other than `identity`, which is none.
    pub content_encoding: Option<&'a [u8]>,
    /// `true` if the client waits for `100 Continue` before it sends the body; never in HTTP/1.0. The
    /// last `Expect` line decides, and other expectations are ignored.
    pub expects_continue: bool,
    /// The version: HTTP/1.0 or 1.1.
    pub version: Version,
    /// `true` if the client may send more requests on the connection.
    pub keep_alive: bool,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: like `GET`, for the head of the response only.
    Head,
    /// `POST`.
    Post,
    /// Any other method, none of which is served.
    Other,
}

/// The framing of a request's body, which determines its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The body has this many bytes, 0 if the head does not mention a body.
    Length(u64),
    /// The body ends with its last chunk and the trailers.
    Chunked,
}

/// The media type of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType<'a> {
    /// `application/json`, with any parameters.
    Json,
    /// Another; this is the value.
    Other(&'a [u8]),
    /// The head names more than one.
    Several,
    /// The head does not name one.
    Missing,
}

/// The error for bytes that are not the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    /// They are not HTTP/1.0 or 1.1, or a header line is malformed.
    #[error("the head of the request is not HTTP/1.1")]
    Malformed(#[source] httparse::Error),
    /// Two parsers could find different ends of the request: a line ends in a bare LF, a
    /// `Content-Length` is repeated or not a number, a coding is not `chunked`, or there are both.
    #[error(
        "the framing of the request is ambiguous: it must have one Content-Length or one \
         Transfer-Encoding of chunked, not both, and lines that end in CR LF"
    )]
    Ambiguous,
    /// A request of HTTP/1.1 has no `Host`.
    #[error("the request has no Host header, which HTTP/1.1 requires")]
    NoHost,
    /// There are several `Host` lines.
    #[error("the request has more than one Host header")]
    SeveralHosts,
    /// The value of `Host` is not the host of a URI with or without a port.
    #[error("the Host header of the request is not a host, with or without a port")]
    BadHost,
    /// There are more than [`MAX_HEADERS`] header lines.
    #[error("the head of the request has more than {MAX_HEADERS} header lines")]
    TooManyHeaders,
}

impl<'a> Head<'a> {
    /// Reads the head that `bytes` begin with, or returns `None` if it is not complete.
    ///
    /// Allocates nothing. Rescans from the first byte: call it again only after another line has
    /// arrived. The caller limits the length of the head.
    ///
    /// # Errors
    ///
    /// [`HeadError`] if the bytes so far cannot begin a head; an ambiguous framing, only once the head is
    /// complete.
    pub fn read(bytes: &'a [u8]) -> Result<Option<Self>, HeadError> {
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut []);
        let Status::Complete(length) = request.parse_with_uninit_headers(bytes, &mut headers)?
        else {
            return Ok(None);
        };
        // httparse takes a line feed for the end of a line, whatever is before it.
        let head = bytes.get(..length).unwrap_or(bytes);
        let is_line_end = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| head.get(before));
            before == Some(&b'\r')
        };
        if !memchr_iter(b'\n', head).all(is_line_end) {
            return Err(HeadError::Ambiguous);
        }
        let version = match request.version {
            Some(0) => Version::HTTP_10,
            _ => Version::HTTP_11,
        };
        let mut fields = Fields::default();
        for header in request.headers.iter() {
            fields.take(header);
        }
        let framing = fields.framing(version)?;
        Ok(Some(Self {
            length,
            method: Method::from_name(request.method.unwrap_or_default()),
            path: path_of(request.path.unwrap_or_default()),
            host_error: fields.check_host(version).err(),
            framing,
            media_type: fields.media_type,
            content_encoding: fields.content_encoding,
            expects_continue: fields.expects_continue && version == Version::HTTP_11,
            version,
            keep_alive: !fields.closes && (version == Version::HTTP_11 || fields.keeps_alive),
        }))
    }
}

/// Returns all header lines of the head that `bytes` begin with, for the few requests that need more
/// of it than [`Head`] has. The head must have been accepted by [`Head::read`]: the framing is not
/// checked again.
///
/// # Errors
///
/// [`HeadError`] if `bytes` do not begin with a head, or a header's name or value cannot be in a map.
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
    fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}

/// Returns the path of a target, which has a scheme and an authority if it is meant for a proxy.
fn path_of(target: &str) -> &str {
    let target = target.split(['?', '#']).next().unwrap_or_default();
    match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => {
            let path = rest.find('/').and_then(|at| rest.get(at..));
            path.unwrap_or("/")
        }
        _ if target.is_empty() => "/",
        _ => target,
    }
}

/// The header lines that [`Head`] needs, collected one by one.
struct Fields<'a> {
    hosts: usize,
    has_bad_host: bool,
    content_length: Option<u64>,
    is_chunked: bool,
    is_ambiguous: bool,
    media_type: MediaType<'a>,
    content_encoding: Option<&'a [u8]>,
    expects_continue: bool,
    closes: bool,
    keeps_alive: bool,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self {
            hosts: 0,
            has_bad_host: false,
            content_length: None,
            is_chunked: false,
            is_ambiguous: false,
            media_type: MediaType::Missing,
            content_encoding: None,
            expects_continue: false,
            closes: false,
            keeps_alive: false,
        }
    }
}

impl<'a> Fields<'a> {
    /// Takes a header line; most have no effect.
    fn take(&mut self, header: &httparse::Header<'a>) {
        let name = header.name;
        let value = header.value.trim_ascii();
        // Most names differ in length already.
        match name.len() {
            4 if name.eq_ignore_ascii_case("host") => {
                self.hosts += 1;
                self.has_bad_host |= !is_host_header(value);
            }
            6 if name.eq_ignore_ascii_case("expect") => {
                self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
            }
            10 if name.eq_ignore_ascii_case("connection") => self.take_options(value),
            12 if name.eq_ignore_ascii_case("content-type") => {
                self.media_type = match self.media_type {
                    MediaType::Missing if is_json(value) => MediaType::Json,
                    MediaType::Missing => MediaType::Other(value),
                    _ => MediaType::Several,
                };
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                self.is_ambiguous |= self.content_length.is_some();
                self.content_length = decimal(value);
                self.is_ambiguous |= self.content_length.is_none();
            }
            16 if name.eq_ignore_ascii_case("content-encoding") => {
                let coded = Some(value).filter(|value| has_coding(value));
                self.content_encoding = self.content_encoding.or(coded);
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                self.is_ambiguous |= self.is_chunked || !value.eq_ignore_ascii_case(b"chunked");
                self.is_chunked = true;
            }
            _ => {}
        }
    }

    /// Takes the options of a `Connection` line.
    fn take_options(&mut self, value: &[u8]) {
        for option in value.split(|b| *b == b',') {
            let option = option.trim_ascii();
            self.closes |= option.eq_ignore_ascii_case(b"close");
            self.keeps_alive |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    /// Requires one valid `Host` (RFC 9112, section 3.2). Clients of HTTP/1.0 need not send it.
    fn check_host(&self, version: Version) -> Result<(), HeadError> {
        match self.hosts {
            0 if version == Version::HTTP_11 => Err(HeadError::NoHost),
            0 | 1 if !self.has_bad_host => Ok(()),
            0 | 1 => Err(HeadError::BadHost),
            _ => Err(HeadError::SeveralHosts),
        }
    }

    /// Returns the framing of the body, once all header lines were taken.
    fn framing(&self, version: Version) -> Result<Framing, HeadError> {
        match (self.is_chunked, self.content_length) {
            _ if self.is_ambiguous => Err(HeadError::Ambiguous),
            (true, Some(_)) => Err(HeadError::Ambiguous),
            // HTTP/1.0 has no codings: a proxy that speaks it would find another end.
            (true, None) if version == Version::HTTP_10 => Err(HeadError::Ambiguous),
            (true, None) => Ok(Framing::Chunked),
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }
}

/// Parses a number of digits only, without a sign or white space.
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
mod tests;
