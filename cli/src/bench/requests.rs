//! The requests of a run, encoded before it starts.

use std::borrow::Cow;
use std::num::NonZero;

use codeid_daemon::count::counted;
use codeid_daemon::percent;
use serde_json::{Value, json};

use super::target::Protocol;

/// The size limit of all requests together, in bytes.
const MAX_BYTES: usize = 1 << 30;

/// The reason why the requests of a run cannot be encoded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestsError {
    /// A header of the command line has control characters of its own.
    #[error("header number {number} has control characters, which a header cannot contain")]
    ControlInHeader {
        /// The number of the header on the command line, from 1.
        number: usize,
    },
    /// A code value puts control characters into a header.
    #[error("the code at line {line} has control characters, which a header cannot contain")]
    ControlInCode {
        /// The line of the code value, from 1.
        line: usize,
    },
    /// The openId puts control characters into a header.
    #[error("the openId has control characters, which a header cannot contain")]
    ControlInOpenId,
    /// All requests together are longer than [`MAX_BYTES`].
    #[error(
        "{} ({}, {}) take more than {} GiB",
        counted(*requests, "request"),
        counted(*codes, "code"),
        counted(*users, "user"),
        MAX_BYTES >> 30
    )]
    TooLong {
        requests: usize,
        codes: usize,
        users: usize,
    },
}

/// Every request of a run, in the order of sending; after the last, sending restarts at the first.
#[derive(Debug)]
pub(super) struct Requests {
    bytes: Vec<u8>,
    /// The end of each request in `bytes`, where the next begins.
    ends: Vec<usize>,
    code_count: usize,
    /// The number of code values in each request.
    codes_each: usize,
}

/// The users of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenIds<'a> {
    /// The openId of a single user; several are numbered from 1 after a hyphen.
    pub(super) base: &'a str,
    /// The number of users, at least 1.
    pub(super) count: usize,
}

impl Requests {
    /// Encodes a request for each of the `codes`, of which there is at least one, in as many rounds as
    /// it takes to name every user; with `batch`, a request for each that many of them, in rotation.
    ///
    /// # Errors
    ///
    /// [`RequestsError`] if a code value cannot be sent in the `headers`, or all requests together are
    /// too long.
    pub(super) fn new(
        protocol: &Protocol,
        batch: Option<NonZero<usize>>,
        headers: &[String],
        codes: &[String],
        open_ids: OpenIds<'_>,
    ) -> Result<Self, RequestsError> {
        let codes_each = batch.map_or(1, NonZero::get);
        let pairs = codes.len() * open_ids.count.div_ceil(codes.len());
        let count = pairs.div_ceil(codes_each);
        let mut requests = Self {
            bytes: Vec::new(),
            ends: Vec::with_capacity(count),
            code_count: codes.len(),
            codes_each,
        };
        for index in 0..count {
            let first = index * codes_each;
            let pair = |at: usize| Pair {
                code: &codes[at % codes.len()],
                open_id: open_ids.nth(at % open_ids.count),
            };
            let written = if batch.is_none() {
                write_request(protocol, headers, &pair(first), &mut requests.bytes)
            } else {
                let pairs: Vec<Pair<'_>> = (first..first + codes_each).map(pair).collect();
                write_batch(protocol, headers, &pairs, &mut requests.bytes)
            };
            written.map_err(|controls| match controls {
                ControlsIn::Header { number } => RequestsError::ControlInHeader { number },
                ControlsIn::Code => RequestsError::ControlInCode {
                    line: first % codes.len() + 1,
                },
                ControlsIn::OpenId => RequestsError::ControlInOpenId,
            })?;
            requests.ends.push(requests.bytes.len());
            if requests.bytes.len() > MAX_BYTES {
                return Err(RequestsError::TooLong {
                    requests: count,
                    codes: codes.len(),
                    users: open_ids.count,
                });
            }
        }
        Ok(requests)
    }

    /// Returns the number of requests, at least one.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the request at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not less than [`Self::len`].
    pub(super) fn get(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        &self.bytes[start..self.ends[index]]
    }

    /// Returns the index of the first code value of the request at `index`, both from 0.
    pub(super) const fn code_of(&self, index: usize) -> usize {
        index * self.codes_each % self.code_count
    }
}

impl<'a> OpenIds<'a> {
    fn nth(self, index: usize) -> Cow<'a, str> {
        if self.count == 1 {
            Cow::Borrowed(self.base)
        } else {
            Cow::Owned(format!("{}-{}", self.base, index + 1))
        }
    }
}

/// The error for a header with control characters: the text that they are in.
enum ControlsIn {
    /// The header as it was given, with this number from 1.
    Header {
        number: usize,
    },
    Code,
    OpenId,
}

/// A code value and the user who scanned it.
struct Pair<'a> {
    code: &'a str,
    open_id: Cow<'a, str>,
}

impl Pair<'_> {
    fn json(&self) -> Value {
        json!({"codeValue": self.code, "openId": self.open_id})
    }

    /// Returns `template` with its placeholders replaced.
    fn fill(&self, template: &str) -> String {
        template
            .replace("{code}", self.code)
            .replace("{openId}", &self.open_id)
    }
}

/// Appends the request for several code values. The headers are those of the first.
fn write_batch(
    protocol: &Protocol,
    headers: &[String],
    pairs: &[Pair<'_>],
    out: &mut Vec<u8>,
) -> Result<(), ControlsIn> {
    if let Protocol::IdentifyHttp { host, path } = protocol {
        let body = Value::from_iter(pairs.iter().map(Pair::json)).to_string();
        return push_post(out, host, path, headers, &pairs[0], &body);
    }
    let pairs = pairs.iter().flat_map(|pair| [pair.code, &pair.open_id]);
    let words: Vec<&str> = std::iter::once("MIDENTIFY").chain(pairs).collect();
    push_command(out, &words);
    Ok(())
}

/// Appends the request for one code value.
fn write_request(
    protocol: &Protocol,
    headers: &[String],
    pair: &Pair<'_>,
    out: &mut Vec<u8>,
) -> Result<(), ControlsIn> {
    let (code, open_id) = (pair.code, &*pair.open_id);
    match protocol {
        Protocol::IdentifyHttp { host, path } => {
            push_post(out, host, path, headers, pair, &pair.json().to_string())?;
        }
        Protocol::HttpGet { host, path } => {
            let path = path
                .replace("{code}", &percent::encode(code))
                .replace("{openId}", &percent::encode(open_id));
            push(out, &["GET ", &path, " HTTP/1.1\r\nHost: ", host]);
            push_headers(out, headers, pair)?;
        }
        Protocol::IdentifyResp => push_command(out, &["IDENTIFY", code, open_id]),
        Protocol::IdentifyRespJson => push_command(out, &["IDENTIFY", code, open_id, "AS", "JSON"]),
        Protocol::RedisGet { key } => push_command(out, &["GET", &pair.fill(key)]),
    }
    Ok(())
}

fn push_post(
    out: &mut Vec<u8>,
    host: &str,
    path: &str,
    headers: &[String],
    pair: &Pair<'_>,
    body: &str,
) -> Result<(), ControlsIn> {
    push(out, &["POST ", path, " HTTP/1.1\r\nHost: ", host]);
    push(out, &["\r\nContent-Type: application/json"]);
    push(out, &["\r\nContent-Length: ", &body.len().to_string()]);
    push_headers(out, headers, pair)?;
    push(out, &[body]);
    Ok(())
}

/// Ends the current line, and writes the given headers and the empty line.
fn push_headers(out: &mut Vec<u8>, headers: &[String], pair: &Pair<'_>) -> Result<(), ControlsIn> {
    let has_controls = |text: &str| text.contains(|c: char| c.is_ascii_control() && c != '\t');
    for (template, number) in headers.iter().zip(1..) {
        let header = pair.fill(template);
        if has_controls(&header) {
            return Err(if has_controls(template) {
                ControlsIn::Header { number }
            } else if template.contains("{code}") && has_controls(pair.code) {
                ControlsIn::Code
            } else {
                ControlsIn::OpenId
            });
        }
        push(out, &["\r\n", &header]);
    }
    push(out, &["\r\n\r\n"]);
    Ok(())
}

fn push_command(out: &mut Vec<u8>, words: &[&str]) {
    push(out, &["*", &words.len().to_string(), "\r\n"]);
    for word in words {
        push(out, &["$", &word.len().to_string(), "\r\n", word, "\r\n"]);
    }
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(protocol: &Protocol, codes: &[&str], count: usize) -> Vec<String> {
        made_in_batches(protocol, None, codes, count)
    }

    fn made_in_batches(
        protocol: &Protocol,
        batch: Option<usize>,
        codes: &[&str],
        count: usize,
    ) -> Vec<String> {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        let open_ids = OpenIds {
            base: "user",
            count,
        };
        let requests = Requests::new(
            protocol,
            batch.and_then(NonZero::new),
            &["X-Code: {code}".to_owned()],
            &codes,
            open_ids,
        )
        .unwrap();
        (0..requests.len())
            .map(|index| String::from_utf8(requests.get(index).to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn the_requests_cover_every_code_and_every_user() {
        let made = made(&Protocol::IdentifyResp, &["a", "b"], 3);
        assert_eq!(made.len(), 4);
        assert_eq!(
            made[2],
            "*3\r\n$8\r\nIDENTIFY\r\n$1\r\na\r\n$6\r\nuser-3\r\n"
        );
        assert!(made[3].contains("user-1"));
    }

    #[test]
    fn a_batch_goes_on_where_the_one_before_ended() {
        let made = made_in_batches(&Protocol::IdentifyResp, Some(2), &["a", "b", "c"], 1);
        assert_eq!(made.len(), 2);
        let end = "$1\r\nc\r\n$4\r\nuser\r\n$1\r\na\r\n$4\r\nuser\r\n";
        assert_eq!(made[1], format!("*5\r\n$9\r\nMIDENTIFY\r\n{end}"));
        let post = Protocol::IdentifyHttp {
            host: "h".to_owned(),
            path: "/p".to_owned(),
        };
        let made = made_in_batches(&post, Some(2), &["a"], 2);
        let body = r#"[{"codeValue":"a","openId":"user-1"},{"codeValue":"a","openId":"user-2"}]"#;
        assert!(
            made.len() == 1 && made[0].ends_with(&format!("\r\n\r\n{body}")),
            "{made:?}"
        );
    }

    #[test]
    fn codes_are_escaped_for_the_position_in_the_request() {
        let post = Protocol::IdentifyHttp {
            host: "h".to_owned(),
            path: "/p".to_owned(),
        };
        let body = r#"{"codeValue":"a\" é","openId":"user"}"#;
        assert_eq!(
            made(&post, &["a\" é"], 1),
            [format!(
                "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
                Content-Length: {}\r\nX-Code: a\" é\r\n\r\n{body}",
                body.len()
            )]
        );
        let get = Protocol::HttpGet {
            host: "h".to_owned(),
            path: "/?c={code}".to_owned(),
        };
        assert_eq!(
            made(&get, &["a/é"], 1),
            ["GET /?c=a%2F%C3%A9 HTTP/1.1\r\nHost: h\r\nX-Code: a/é\r\n\r\n"]
        );
        let redis = Protocol::RedisGet {
            key: "k:{code}:{x}".to_owned(),
        };
        assert_eq!(
            made(&redis, &["c"], 1),
            ["*2\r\n$3\r\nGET\r\n$7\r\nk:c:{x}\r\n"]
        );
    }

    #[test]
    fn control_characters_in_a_header_are_refused_where_they_are() {
        let post = Protocol::IdentifyHttp {
            host: "h".to_owned(),
            path: "/p".to_owned(),
        };
        let refused = |header: &str, code: &str, open_id: &str, batch| {
            let headers = ["X-First: 1".to_owned(), header.to_owned()];
            let codes = ["good".to_owned(), code.to_owned()];
            let open_ids = OpenIds {
                base: open_id,
                count: 1,
            };
            Requests::new(&post, batch, &headers, &codes, open_ids).unwrap_err()
        };
        let of_one = NonZero::new(1);
        for batch in [None, of_one] {
            assert_eq!(
                refused("X: {code}", "a\r\nb", "user", batch),
                RequestsError::ControlInCode { line: 2 }
            );
            assert_eq!(
                refused("X: \u{1}{code}", "a", "user", batch),
                RequestsError::ControlInHeader { number: 2 }
            );
            assert_eq!(
                refused("X: {code}{openId}", "a", "us\ner", batch),
                RequestsError::ControlInOpenId
            );
        }
    }
}
