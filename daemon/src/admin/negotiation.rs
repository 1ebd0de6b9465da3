//! The choice between the two text formats of metrics, by the header `Accept` (RFC 9110, section 12.5.1).

use hyper::header::{ACCEPT, HeaderMap};

use crate::metrics::Dialect;

/// The versions of OpenMetrics that a reader of version 1.0.0 may ask for.
const VERSION: &str = "1.0.0";

/// The weight of a media type: thousandths, so that `q=0.5` is 500.
type Weight = u16;

/// The weight of a media type without one.
const FULL: Weight = 1000;

/// The media ranges that match one of the formats, from the least specific to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Anything,
    AnyText,
    PlainText,
    OpenMetrics,
}

/// Returns OpenMetrics if the request names it, in this version, and does not like the classic text better.
/// Everybody else gets the classic text, also who accepts neither: a reader that was there before shall not
/// fail.
pub(super) fn dialect(headers: &HeaderMap) -> Dialect {
    let (mut open_metrics, mut text) = (0, None);
    let values = headers.get_all(ACCEPT).into_iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(parse);
    for (range, weight) in ranges {
        if range == Range::OpenMetrics {
            open_metrics = weight.max(open_metrics);
        } else if text.is_none_or(|(before, _)| range as u8 >= before) {
            text = Some((range as u8, weight));
        }
    }
    let text = text.map_or(0, |(_, weight)| weight);
    match open_metrics > 0 && open_metrics >= text {
        true => Dialect::OpenMetrics,
        false => Dialect::Classic,
    }
}

/// Parses a media range with its parameters; `None` for one that matches neither format, or is malformed.
fn parse(range: &str) -> Option<(Range, Weight)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next()?.to_ascii_lowercase();
    let range = match &*media_type {
        "*/*" => Range::Anything,
        "text/*" => Range::AnyText,
        "text/plain" => Range::PlainText,
        "application/openmetrics-text" => Range::OpenMetrics,
        _ => return None,
    };
    let mut weight = FULL;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim_matches('"');
        if name.eq_ignore_ascii_case("q") {
            weight = parse_weight(value)?;
        } else if name.eq_ignore_ascii_case("version")
            && range == Range::OpenMetrics
            && value != VERSION
        {
            return None;
        }
    }
    Some((range, weight))
}

/// Parses `0`, `1`, or either with a dot and up to three digits.
fn parse_weight(text: &str) -> Option<Weight> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: Weight = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(FULL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn chosen(accept: &[&'static str]) -> Dialect {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        dialect(&headers)
    }

    #[test]
    fn open_metrics_is_for_those_who_name_it_and_like_it_as_well() {
        for accept in [
            // Prometheus 2 and 3.
            &[
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;\
               q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            ][..],
            &[
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6, \
               text/plain;version=0.0.4;q=0.4",
            ],
            &["application/openmetrics-text"],
            &["Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8"],
            &[
                "text/plain;q=0.5",
                "application/openmetrics-text; version=1.0.0; q=0.5",
            ],
            // The most specific range counts for the classic text.
            &["application/openmetrics-text;q=0.2, */*, text/plain;q=0.1"],
        ] {
            assert_eq!(chosen(accept), Dialect::OpenMetrics, "{accept:?}");
        }
    }

    #[test]
    fn everybody_else_gets_the_classic_text() {
        for accept in [
            &[][..],
            &["*/*"],
            &["text/plain"],
            &["application/json"],
            &["application/openmetrics-text;q=0"],
            &["application/openmetrics-text;q=0.000, text/plain"],
            &["application/openmetrics-text;version=2.0.0"],
            &["application/openmetrics-text;version=0.0.1"],
            &["application/openmetrics-text;q=0.3, text/plain;q=0.4"],
            &["application/openmetrics-text;q=0.3, */*"],
            // Malformed weights and parameters.
            &["application/openmetrics-text;q=1.5"],
            &["application/openmetrics-text;q=0.1234"],
            &["application/openmetrics-text;q=.5"],
            &["application/openmetrics-text;q=-1"],
            &["application/openmetrics-text;q"],
            &["application/openmetrics-text;q="],
        ] {
            assert_eq!(chosen(accept), Dialect::Classic, "{accept:?}");
        }
    }
}
