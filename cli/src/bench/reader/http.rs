//! HTTP/1.1 responses: the head parsed by httparse, the body by length or in chunks.
//!
//! hyper's client sends one request a connection at a time and takes several allocations for each;
//! both costs would be measured with the server.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use crate::bench::connection::MAX_RESPONSE_BYTES;
use crate::bench::failure::FailureKind;
use crate::bench::response::{Outcome, Response};

const MAX_HEADERS: usize = 64;

/// Reads the response at the start of `bytes`, after any 1xx responses; a chunked body is assembled in
/// `chunks`. Returns `None` while it is incomplete.
///
/// # Errors
///
/// [`FailureKind::Malformed`] if `bytes` cannot be continued to a response that this client reads,
/// and [`FailureKind::TooLong`] if its head or a chunk announces more than [`MAX_RESPONSE_BYTES`].
///
/// # Complexity
///
/// Linear in `bytes`: each call reads them from the beginning.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    chunks: &'a mut Vec<u8>,
) -> Result<Option<Response<'a>>, FailureKind> {
    let mut start = 0;
    let head = loop {
        match Head::read(bytes.get(start..).unwrap_or_default())? {
            None => return Ok(None),
            // A 1xx response precedes the final one.
            Some(head) if head.status < 200 => start += head.bytes,
            Some(head) => break head,
        }
    };
    let body = bytes.get(start + head.bytes..).unwrap_or_default();
    let (content, length) = match head.framing {
        Framing::None => (<&[u8]>::default(), 0),
        Framing::Length(length) => match body.get(..length) {
            Some(content) => (content, length),
            None => return Ok(None),
        },
        Framing::Chunked => match read_chunks(body, chunks)? {
            Some(length) => (&chunks[..], length),
            None => return Ok(None),
        },
    };
    Ok(Some(Response {
        bytes: start + head.bytes + length,
        outcome: if (200..300).contains(&head.status) {
            Outcome::Content(content)
        } else {
            Outcome::Failed(FailureKind::Status(head.status), content)
        },
        closes: head.closes,
    }))
}

struct Head {
    bytes: usize,
    status: u16,
    framing: Framing,
    closes: bool,
}

enum Framing {
    None,
    Length(usize),
    Chunked,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Option<Self>, FailureKind> {
        let mut headers = [const { MaybeUninit::<Header<'_>>::uninit() }; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            bytes,
            &mut headers,
        );
        let length = match parsed {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(FailureKind::Malformed("more than 64 headers"));
            }
            Err(_) => return Err(FailureKind::Malformed("not an HTTP/1.1 response head")),
        };
        let status = response.code.unwrap_or_default();
        let mut head = Self {
            bytes: length,
            status,
            framing: Framing::None,
            closes: response.version == Some(0),
        };
        let mut framed = status < 200 || status == 204 || status == 304;
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                head.framing = Framing::Length(content_length(header.value)?);
                framed = true;
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                if !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                    return Err(FailureKind::Malformed(
                        "a transfer coding other than chunked",
                    ));
                }
                head.framing = Framing::Chunked;
                framed = true;
            } else if header.name.eq_ignore_ascii_case("connection") {
                head.closes |= header.value.trim_ascii().eq_ignore_ascii_case(b"close");
                head.closes &= !header
                    .value
                    .trim_ascii()
                    .eq_ignore_ascii_case(b"keep-alive");
            }
        }
        if !framed {
            return Err(FailureKind::Malformed(
                "its body ends only when the connection closes",
            ));
        }
        if status == 304 || status < 200 {
            head.framing = Framing::None;
        }
        Ok(Some(head))
    }
}

fn content_length(value: &[u8]) -> Result<usize, FailureKind> {
    let digits = value.trim_ascii();
    let length = std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or(FailureKind::Malformed("its Content-Length is not a number"))?;
    if length > MAX_RESPONSE_BYTES {
        return Err(FailureKind::TooLong);
    }
    Ok(length)
}

/// Assembles the chunks of `body` in `chunks`. Returns the number of bytes that they took, the end
/// of the last one included.
fn read_chunks(body: &[u8], chunks: &mut Vec<u8>) -> Result<Option<usize>, FailureKind> {
    const BAD: FailureKind = FailureKind::Malformed("its chunks are not well formed");
    chunks.clear();
    let mut at = 0;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) => return Ok(None),
            Err(_) => return Err(BAD),
        };
        let size = usize::try_from(size)
            .ok()
            .filter(|size| chunks.len() + size.min(&MAX_RESPONSE_BYTES) < MAX_RESPONSE_BYTES)
            .ok_or(FailureKind::TooLong)?;
        at += line;
        if size == 0 {
            return trailers(body.get(at..).unwrap_or_default())
                .map(|end| end.map(|length| at + length))
                .ok_or(BAD);
        }
        let Some(chunk) = body.get(at..at + size + 2) else {
            return Ok(None);
        };
        let Some(chunk) = chunk.strip_suffix(b"\r\n") else {
            return Err(BAD);
        };
        chunks.extend_from_slice(chunk);
        at += size + 2;
    }
}

/// Returns the length of the trailers, which end with an empty line; the inner option is `None`
/// while they are incomplete.
fn trailers(bytes: &[u8]) -> Option<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    match httparse::parse_headers(bytes, &mut headers) {
        Ok(Status::Complete((length, _))) => Some(Some(length)),
        Ok(Status::Partial) => Some(None),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of a response or its failure, and `true` if the connection is closed.
    type Read = (Result<Vec<u8>, FailureKind>, bool);

    /// Reads every complete response in `bytes`, which arrive one by one.
    fn responses(bytes: &[u8]) -> Result<Vec<Read>, FailureKind> {
        let mut chunks = Vec::new();
        let (mut at, mut found) = (0, Vec::new());
        for end in 0..=bytes.len() {
            while at < end
                && let Some(response) = read(&bytes[at..end], &mut chunks)?
            {
                at += response.bytes;
                found.push((
                    match response.outcome {
                        Outcome::Content(content) => Ok(content.to_vec()),
                        Outcome::Failed(kind, _) => Err(kind),
                    },
                    response.closes,
                ));
            }
        }
        assert_eq!(at, bytes.len(), "all was read");
        Ok(found)
    }

    #[test]
    fn bodies_are_framed_by_length_or_in_chunks() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab\
            HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
            3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n\
            HTTP/1.1 204 No Content\r\n\r\n\
            HTTP/1.1 503 Busy\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";
        assert_eq!(
            responses(bytes).unwrap(),
            [
                (Ok(b"ab".to_vec()), false),
                (Ok(b"abcde".to_vec()), false),
                (Ok(vec![]), false),
                (Err(FailureKind::Status(503)), true),
            ]
        );
    }

    #[test]
    fn violations_of_the_protocol_are_named() {
        for (bytes, wanted) in [
            (&b"SSH-2.0-x\r\n\r\n"[..], "not an HTTP"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "not a number",
            ),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
                "longer than 1048576 bytes",
            ),
            (b"HTTP/1.1 200 OK\r\n\r\n", "ends only when"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                "coding",
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "chunks",
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                "longer than 1048576 bytes",
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
                "chunks",
            ),
        ] {
            let message = responses(bytes).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
