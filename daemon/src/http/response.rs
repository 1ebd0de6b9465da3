//! Responses, written straight into the buffer that is sent.

use std::io::Write as _;

use codeid_engine::Generation;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// The option of a response's header `Connection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionOption {
    /// The connection stays open, as a client of HTTP/1.0 has asked.
    KeepAlive,
    /// The connection closes after the response.
    Close,
}

/// The way in which a response announces the end of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// By the number of bytes of the body, which are known.
    Length,
    /// By the last chunk; see [`write_chunk`].
    LastChunk,
    /// By the end of the connection, for a client of HTTP/1.0.
    Close,
}

/// A response to be written.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The status.
    pub status: StatusCode,
    /// The body, which is JSON; empty in the response to a probe, which has a status only, and if the
    /// body follows in pieces.
    pub body: &'a [u8],
    /// The connection option; `None` leaves the connection of a client of HTTP/1.1 open.
    pub connection: Option<ConnectionOption>,
    /// The generation of the table that decided, if one did.
    pub generation: Option<Generation>,
    /// The id of the rule that decided, if one did.
    pub rule: Option<&'a str>,
    /// A header that says what is accepted, its name and its value, such as `Allow`.
    pub accepted: Option<(&'a str, &'a str)>,
    /// More header lines.
    pub headers: Option<&'a HeaderMap>,
    /// The way in which the end of the body is announced.
    pub body_end: BodyEnd,
}

impl<'a> Response<'a> {
    /// A response with a status and a body only.
    #[must_use]
    pub const fn new(status: StatusCode, body: &'a [u8]) -> Self {
        Self {
            status,
            body,
            connection: None,
            generation: None,
            rule: None,
            accepted: None,
            headers: None,
            body_end: BodyEnd::Length,
        }
    }

    /// Appends the whole response to `out`; `date` is a line of [`DateLine::at`](super::DateLine::at).
    pub fn write(&self, date: &[u8], out: &mut Vec<u8>) {
        self.write_head(date, out);
        out.extend_from_slice(self.body);
    }

    /// Appends the response without its body, as a request with the method `HEAD` gets it.
    pub fn write_head(&self, date: &[u8], out: &mut Vec<u8>) {
        match self.status {
            StatusCode::OK => out.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
            other => write_status_line(other, out),
        }
        if !self.body.is_empty() || self.body_end != BodyEnd::Length {
            out.extend_from_slice(b"Content-Type: application/json\r\n");
        }
        out.extend_from_slice(date);
        match self.body_end {
            BodyEnd::Length => {
                out.extend_from_slice(b"Content-Length: ");
                write_decimal(self.body.len() as u64, out);
                out.extend_from_slice(b"\r\n");
            }
            BodyEnd::LastChunk => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            BodyEnd::Close => {}
        }
        if let Some(generation) = self.generation {
            out.extend_from_slice(b"X-Codeid-Generation: ");
            write_decimal(generation.get(), out);
            out.extend_from_slice(b"\r\n");
        }
        if let Some(rule) = self.rule {
            out.extend_from_slice(b"X-Codeid-Rule: ");
            out.extend_from_slice(rule.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        if let Some((name, value)) = self.accepted {
            for part in [name, ": ", value, "\r\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        for (name, value) in self.headers.into_iter().flatten() {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(match self.connection {
            None => b"\r\n",
            Some(ConnectionOption::KeepAlive) => b"Connection: keep-alive\r\n\r\n",
            Some(ConnectionOption::Close) => b"Connection: close\r\n\r\n",
        });
    }
}

/// Appends a chunk of a body whose end is [`BodyEnd::LastChunk`]. An empty `piece` writes nothing, since an
/// empty chunk would be the last.
pub fn write_chunk(piece: &[u8], out: &mut Vec<u8>) {
    if piece.is_empty() {
        return;
    }
    // A chunk's size is hexadecimal.
    write!(out, "{:x}\r\n", piece.len()).expect("a buffer takes any bytes");
    out.extend_from_slice(piece);
    out.extend_from_slice(b"\r\n");
}

/// Appends the last chunk of a body.
pub fn write_last_chunk(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n\r\n");
}

fn write_status_line(status: StatusCode, out: &mut Vec<u8>) {
    let reason = status.canonical_reason().unwrap_or_default();
    for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_decimal(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const DATE: &[u8] = b"Date: now\r\n";

    fn written(response: &Response<'_>) -> String {
        let mut out = Vec::new();
        response.write(DATE, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_response_has_its_own_header_lines_and_no_others() {
        assert_eq!(
            written(&Response::new(StatusCode::OK, b"{}")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\n\
             Content-Length: 2\r\n\r\n{}"
        );
        let probe = Response {
            connection: Some(ConnectionOption::KeepAlive),
            ..Response::new(StatusCode::SERVICE_UNAVAILABLE, b"")
        };
        assert_eq!(
            written(&probe),
            "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\nContent-Length: 0\r\n\
             Connection: keep-alive\r\n\r\n"
        );
        let mut headers = HeaderMap::new();
        headers.append("a", HeaderValue::from_static("1"));
        headers.append("a", HeaderValue::from_static("2"));
        let decided = Response {
            connection: Some(ConnectionOption::Close),
            generation: Some(Generation::default()),
            rule: Some("r-1"),
            accepted: Some(("Allow", "GET, HEAD")),
            headers: Some(&headers),
            ..Response::new(StatusCode::OK, b"[]")
        };
        assert_eq!(
            written(&decided),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\n\
             Content-Length: 2\r\nX-Codeid-Generation: 0\r\nX-Codeid-Rule: r-1\r\n\
             Allow: GET, HEAD\r\na: 1\r\na: 2\r\nConnection: close\r\n\r\n[]"
        );
        let mut head = Vec::new();
        decided.write_head(DATE, &mut head);
        assert!(head.ends_with(b"close\r\n\r\n"));
    }

    #[test]
    fn a_body_in_pieces_ends_with_its_last_chunk() {
        let mut out = Vec::new();
        let response = Response {
            body_end: BodyEnd::LastChunk,
            ..Response::new(StatusCode::OK, b"")
        };
        response.write_head(DATE, &mut out);
        for piece in [b"".as_slice(), b"[1", &b" ".repeat(256), b"]"] {
            write_chunk(piece, &mut out);
        }
        write_last_chunk(&mut out);
        let expected = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n100\r\n{}\r\n1\r\n]\r\n0\r\n\r\n",
            " ".repeat(256)
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
