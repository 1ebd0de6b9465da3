//! The trace that a request belongs to (W3C Trace Context, Level 1): `traceparent` and `tracestate`.
//!
//! codeid makes no spans of its own. So it forwards a trace as it came, and names it in the lines that a
//! request causes. A header that is not right is ignored, as the standard says, and never an error.

use std::fmt;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;

/// The name of the header that names the trace.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The name of the header in which tracing systems carry what they need besides.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The length of a `traceparent` of version 00: `00-`, 32 digits, `-`, 16 digits, `-`, two digits.
const LENGTH: usize = 55;

/// The most bytes of a `tracestate`: the standard asks everybody to forward that many.
const MAX_STATE_BYTES: usize = 512;

/// The most members of a `tracestate` (section 3.3.1.1).
const MAX_STATE_MEMBERS: usize = 32;

/// The one flag that version 00 has: the caller may have recorded the trace.
const SAMPLED: u8 = 1;

/// A valid `traceparent`, in the form of version 00.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceParent([u8; LENGTH]);

/// A trace, as it is forwarded.
#[derive(Clone, Debug)]
pub(crate) struct TraceContext {
    /// The trace and the span of the caller.
    pub(crate) parent: TraceParent,
    /// The values of `tracestate`; empty if there are none, or they are not valid.
    state: Vec<HeaderValue>,
}

impl TraceParent {
    /// Parses the value of a header. Of a later version than 00, the parts that 00 has are taken, and of its
    /// flags the one that 00 has. `None` if it is malformed, or one of the IDs is zero.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let (known, rest) = value.split_first_chunk::<LENGTH>()?;
        let text = str::from_utf8(known).ok()?;
        let mut fields = text.split('-');
        let version = digits(fields.next()?, 2)?;
        let trace = digits(fields.next()?, 32)?;
        let span = digits(fields.next()?, 16)?;
        let flags = digits(fields.next()?, 2)?;
        let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
        let is_whole = match version {
            "00" => rest.is_empty(),
            "ff" => false,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        if !is_whole || is_zero(trace) || is_zero(span) {
            return None;
        }
        let mut parent = *known;
        if version != "00" {
            let sampled = u8::from_str_radix(flags, 16).ok()? & SAMPLED;
            let known = format!("00-{trace}-{span}-{sampled:02x}");
            parent.copy_from_slice(known.as_bytes().get(..LENGTH)?);
        }
        Some(Self(parent))
    }

    /// Returns the trace of a request; `None` without a valid one, or if the headers name several.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => None,
        }
    }

    /// Returns the text of the header.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the span of the log whose lines name the trace; one that changes nothing without a trace. It is
    /// of the most severe level, so that no level of the log hides it.
    pub(crate) fn log_span(trace: Option<Self>) -> Span {
        match trace {
            Some(trace) => tracing::error_span!("request", traceparent = trace.as_str()),
            None => Span::none(),
        }
    }
}

impl TraceContext {
    /// Returns the trace of a request; `None` without a valid one. A `tracestate` that is too long or not plain
    /// ASCII is left out, which the standard allows.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let parent = TraceParent::of(headers)?;
        let values: Vec<_> = headers.get_all(TRACESTATE).into_iter().cloned().collect();
        let texts: Option<Vec<_>> = values.iter().map(|value| value.to_str().ok()).collect();
        let is_valid = texts.is_some_and(|texts| {
            let joined = texts.join(",");
            joined.len() <= MAX_STATE_BYTES && joined.split(',').count() <= MAX_STATE_MEMBERS
        });
        Some(Self {
            parent,
            state: if is_valid { values } else { Vec::new() },
        })
    }

    /// Adds the trace to the headers of a request, in place of what they have of one.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        // A parent is digits and hyphens.
        if let Ok(parent) = HeaderValue::from_bytes(&self.parent.0) {
            headers.insert(TRACEPARENT, parent);
            headers.remove(TRACESTATE);
            for value in &self.state {
                headers.append(TRACESTATE, value.clone());
            }
        }
    }
}

/// Returns `text` if it is `count` digits of lower-case hexadecimal.
fn digits(text: &str, count: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == count && text.bytes().all(is_digit)).then_some(text)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parsed(value: &str) -> Option<String> {
        TraceParent::parse(value.as_bytes()).map(|parent| parent.to_string())
    }

    #[test]
    fn a_parent_of_version_00_is_taken_as_it_is() {
        for flags in ["00", "01", "ff"] {
            let value = GOOD.replace("-01", &format!("-{flags}"));
            assert_eq!(parsed(&value), Some(value));
        }
    }

    #[test]
    fn of_a_later_version_the_known_parts_are_taken() {
        for (value, flags) in [
            (GOOD.replacen("00", "cc", 1), "01"),
            (
                GOOD.replacen("00", "01", 1) + "-what-the-future-brings",
                "01",
            ),
            (GOOD.replacen("00", "01", 1).replace("-01", "-fe"), "00"),
        ] {
            let expected = GOOD.replace("-01", &format!("-{flags}"));
            // The version is 01, so that a flag of 01 may be replaced in it, too.
            let expected = expected.replacen(&format!("{flags}-"), "00-", 1);
            assert_eq!(parsed(&value), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_the_standard_calls_invalid_is_ignored() {
        let zero_trace = GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32));
        let zero_span = GOOD.replace("b7ad6b7169203331", &"0".repeat(16));
        for value in [
            "",
            &GOOD[..54],
            &format!("{GOOD}-"),
            &format!("{GOOD}0"),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.replacen("00", "0x", 1),
            &format!("{}.", GOOD.replacen("00", "01", 1)),
            &GOOD.to_uppercase(),
            &GOOD.replace('-', "_"),
            &GOOD.replace("b7ad6b71", "b7ad-b71"),
            &zero_trace,
            &zero_span,
            &GOOD.replace('7', "ü"),
        ] {
            assert_eq!(parsed(value), None, "{value}");
        }
    }

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let lines = lines.iter();
        lines
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn handed_on(lines: &[(HeaderName, &str)]) -> Vec<String> {
        let mut sent = headers(&[(TRACEPARENT, "old"), (TRACESTATE, "old=1")]);
        let Some(context) = TraceContext::of(&headers(lines)) else {
            return Vec::new();
        };
        context.add_to(&mut sent);
        let texts = sent
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        texts.collect()
    }

    #[test]
    fn a_trace_is_handed_on_as_it_came() {
        let parent = format!("traceparent: {GOOD}");
        assert_eq!(
            handed_on(&[
                (TRACEPARENT, GOOD),
                (TRACESTATE, "a=1"),
                (TRACESTATE, "b=2,c=3")
            ]),
            [&*parent, "tracestate: a=1", "tracestate: b=2,c=3"]
        );
        // A `tracestate` that is too long, or has too many members, is left out.
        let many = vec!["a=1"; 33].join(",");
        for state in ["a".repeat(513).as_str(), &many] {
            let lines = [(TRACEPARENT, GOOD), (TRACESTATE, state)];
            assert_eq!(handed_on(&lines), [&*parent]);
        }
        assert_eq!(handed_on(&[(TRACEPARENT, GOOD)]), [&*parent]);
    }

    #[test]
    fn without_one_valid_parent_there_is_no_trace() {
        assert!(handed_on(&[(TRACESTATE, "a=1")]).is_empty());
        assert!(handed_on(&[(TRACEPARENT, "x"), (TRACESTATE, "a=1")]).is_empty());
        assert!(handed_on(&[(TRACEPARENT, GOOD), (TRACEPARENT, GOOD)]).is_empty());
    }
}
