//! The requests of a run, encoded before it starts.

use std::borrow::Cow;
use std::num::NonZero;

use codeid_daemon::count::counted;
use codeid_daemon::percent;
use serde_json::{Value, json};

use super::header::{HeaderTemplate, ends_header};
use super::target::Protocol;

/// The size limit of all requests together, in bytes.
const MAX_BYTES: usize = 1 << 30;

/// The reason why the requests of a run cannot be encoded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestsError {
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
        /// The number of requests that the code values and users make.
        requests: usize,
        /// The number of code values.
        codes: usize,
        /// The number of users.
        users: usize,
    },
}

/// Every request of a run, in the order of sending; after the last, sending restarts at the first.
#[derive(Debug)]
pub(super) struct Requests {
    /// The requests one after the other, at most [`MAX_BYTES`].
    bytes: Vec<u8>,
    /// The end of each request in `bytes`, where the next begins.
    ends: Vec<usize>,
    /// The number of code values of the run, at least 1.
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
    /// it takes to name every user. With `batch`, each request has that many code values, in rotation.
    ///
    /// # Errors
    ///
    /// [`RequestsError`] if a code value cannot be sent in the `headers`, or all requests together are
    /// too long.
    pub(super) fn new(
        protocol: &Protocol,
        batch: Option<NonZero<usize>>,
        headers: &[HeaderTemplate],
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

/// The error for a header that gets control characters: the text that puts them into it.
enum ControlsIn {
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
    headers: &[HeaderTemplate],
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
    headers: &[HeaderTemplate],
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
    headers: &[HeaderTemplate],
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
fn push_headers(
    out: &mut Vec<u8>,
    headers: &[HeaderTemplate],
    pair: &Pair<'_>,
) -> Result<(), ControlsIn> {
    for template in headers {
        let template = template.as_str();
        let header = pair.fill(template);
        if header.contains(ends_header) {
            let is_code = template.contains("{code}") && pair.code.contains(ends_header);
            return Err(match is_code {
                true => ControlsIn::Code,
                false => ControlsIn::OpenId,
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
mod tests;
