//! Answers, written straight into the buffer that is sent.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use codeid_engine::Generation;
use httpdate::HttpDate;
use hyper::StatusCode;
use hyper::header::HeaderMap;

/// `Date: ` and a date, with the line end: every such line is as long.
const DATE_LINE_BYTES: usize = 37;

/// The current second as a header line, formatted once for all the answers in it.
#[derive(Debug)]
pub struct DateLine {
    line: [u8; DATE_LINE_BYTES],
    /// From when on it has to be formatted again.
    until: Option<Instant>,
}

/// What the connection comes to after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It stays open, as HTTP/1.1 has it.
    Open,
    /// It stays open, as a client of HTTP/1.0 has asked.
    Kept,
    /// It is closed.
    Closed,
}

/// One answer, before it is bytes.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its status.
    pub status: StatusCode,
    /// JSON; empty for the answer to a probe, which has a status only.
    pub body: &'a [u8],
    /// What the connection comes to after it.
    pub connection: Connection,
    /// The table that decided, if one did.
    pub generation: Option<Generation>,
    /// The id of the rule that decided, if one did.
    pub rule: Option<&'a str>,
    /// The methods that the path allows, for an answer that has to tell them.
    pub allow: Option<&'a str>,
    /// More header lines.
    pub headers: Option<&'a HeaderMap>,
}

impl<'a> Answer<'a> {
    /// One with nothing but a status and a body.
    #[must_use]
    pub const fn new(status: StatusCode, body: &'a [u8], connection: Connection) -> Self {
        Self {
            status,
            body,
            connection,
            generation: None,
            rule: None,
            allow: None,
            headers: None,
        }
    }

    /// Appends all of it.
    pub fn write(&self, date: &[u8], out: &mut Vec<u8>) {
        self.write_head(date, out);
        out.extend_from_slice(self.body);
    }

    /// Appends all of it but the body, as whoever asks with the method `HEAD` gets it.
    pub fn write_head(&self, date: &[u8], out: &mut Vec<u8>) {
        match self.status {
            StatusCode::OK => out.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
            other => write_status_line(other, out),
        }
        if !self.body.is_empty() {
            out.extend_from_slice(b"Content-Type: application/json\r\n");
        }
        out.extend_from_slice(date);
        out.extend_from_slice(b"Content-Length: ");
        write_decimal(self.body.len() as u64, out);
        if let Some(generation) = self.generation {
            out.extend_from_slice(b"\r\nX-Codeid-Generation: ");
            write_decimal(generation.get(), out);
        }
        if let Some(rule) = self.rule {
            out.extend_from_slice(b"\r\nX-Codeid-Rule: ");
            out.extend_from_slice(rule.as_bytes());
        }
        if let Some(allow) = self.allow {
            out.extend_from_slice(b"\r\nAllow: ");
            out.extend_from_slice(allow.as_bytes());
        }
        for (name, value) in self.headers.into_iter().flatten() {
            for part in [b"\r\n", name.as_str().as_bytes(), b": ", value.as_bytes()] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(match self.connection {
            Connection::Open => b"\r\n\r\n",
            Connection::Kept => b"\r\nConnection: keep-alive\r\n\r\n",
            Connection::Closed => b"\r\nConnection: close\r\n\r\n",
        });
    }
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

impl DateLine {
    /// A line that is formatted when it is needed first.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            line: [0; DATE_LINE_BYTES],
            until: None,
        }
    }

    /// The line at a time that is about now: it follows the clock by up to a second.
    pub fn at(&mut self, now: Instant) -> &[u8] {
        if self.until.is_none_or(|until| until <= now) {
            self.format(SystemTime::now());
            self.until = Some(now + Duration::from_secs(1));
        }
        &self.line
    }

    #[cold]
    fn format(&mut self, time: SystemTime) {
        let date = HttpDate::from(time);
        write!(self.line.as_mut_slice(), "Date: {date}\r\n").expect("every date is as long");
    }
}

impl Default for DateLine {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    const DATE: &[u8] = b"Date: now\r\n";

    fn written(answer: &Answer<'_>) -> String {
        let mut out = Vec::new();
        answer.write(DATE, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_answer_has_its_lines_and_no_others() {
        let plain = Answer::new(StatusCode::OK, b"{}", Connection::Open);
        assert_eq!(
            written(&plain),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\n\
             Content-Length: 2\r\n\r\n{}"
        );
        let probe = Answer::new(StatusCode::SERVICE_UNAVAILABLE, b"", Connection::Kept);
        assert_eq!(
            written(&probe),
            "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\nContent-Length: 0\r\n\
             Connection: keep-alive\r\n\r\n"
        );
        let mut headers = HeaderMap::new();
        headers.append("a", HeaderValue::from_static("1"));
        headers.append("a", HeaderValue::from_static("2"));
        let decided = Answer {
            generation: Some(Generation::default()),
            rule: Some("r-1"),
            allow: Some("GET, HEAD"),
            headers: Some(&headers),
            ..Answer::new(StatusCode::OK, b"[]", Connection::Closed)
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
    fn the_date_is_formatted_once_a_second() {
        let mut date = DateLine::new();
        let now = Instant::now();
        let first = date.at(now).to_vec();
        assert!(first.starts_with(b"Date: ") && first.ends_with(b" GMT\r\n"));
        date.line = *b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let kept = date.line;
        assert_eq!(date.at(now + Duration::from_millis(999)), kept);
        assert_ne!(date.at(now + Duration::from_secs(1)), kept);
    }
}
