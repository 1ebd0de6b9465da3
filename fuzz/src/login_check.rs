//! Any bytes, read as the headers of a caller and the response of the login check.

use codeid_daemon::fuzzing::{admitted_customer, check_request, read_proxied_body};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName};

use crate::exchange::exchange;
use crate::headers::split_headers;

/// The headers that are passed to the login check.
const PASSED: [HeaderName; 2] = [
    HeaderName::from_static("cookie"),
    HeaderName::from_static("x-session"),
];

/// The header with the customer.
const CUSTOMER_ID: &str = "x-customer-id";

/// The most bytes of a response's body.
const MAX_BODY_BYTES: usize = 256;

/// Checks that the login check gets the named headers of a caller and no others, and that a customer
/// is admitted only by a complete response with status 200 that names the customer exactly once.
///
/// The input begins with the header fields of the caller, up to an empty line. The response follows.
///
/// # Panics
///
/// If the property does not hold.
pub fn login_check(bytes: &[u8]) {
    let Some((caller, response)) = split_headers(bytes) else {
        return;
    };
    check_passed_headers(&caller);
    let admission = admit(&caller, response, usize::MAX);
    assert_eq!(admit(&caller, response, 3), admission);
    let Some(Admission {
        status,
        headers,
        body: Some(body),
        customer: Some(customer),
    }) = admission
    else {
        return;
    };
    assert_eq!(status, StatusCode::OK);
    assert!(body.len() <= MAX_BODY_BYTES);
    assert!((1..=256).contains(&customer.chars().count()) && !customer.contains(','));
    let named: Vec<_> = headers.get_all(CUSTOMER_ID).iter().collect();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].as_bytes(), customer.as_bytes());
    if response.starts_with(b"HTTP/1.1 200") {
        assert_eq!(count_customer_lines(response), 1);
    }
}

/// The outcome of a login check.
#[derive(Debug, PartialEq)]
struct Admission {
    status: StatusCode,
    headers: HeaderMap,
    /// `None` if the body is not complete.
    body: Option<Bytes>,
    customer: Option<String>,
}

/// Does the check with a server that sends `response` in pieces of at most `piece` bytes.
fn admit(caller: &HeaderMap, response: &[u8], piece: usize) -> Option<Admission> {
    let request = check_request(&PASSED, caller);
    exchange(request, response, piece, async |response| {
        let (head, body) = response.into_parts();
        let body = read_proxied_body(body, MAX_BODY_BYTES, 0).await.ok();
        Admission {
            status: head.status,
            customer: body
                .as_ref()
                .and_then(|_| admitted_customer(head.status, &head.headers)),
            headers: head.headers,
            body,
        }
    })
}

fn check_passed_headers(caller: &HeaderMap) {
    let request = check_request(&PASSED, caller);
    let passed = request.headers();
    for name in PASSED {
        assert!(passed.get_all(&name).iter().eq(caller.get_all(&name)));
    }
    assert!(passed.keys().all(|name| PASSED.contains(name)));
}

/// Counts the lines of a response's head that name a customer.
fn count_customer_lines(response: &[u8]) -> usize {
    let lines = response.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let head = lines.take_while(|line| !line.is_empty());
    let names = head.filter_map(|line| line.split(|byte| *byte == b':').next());
    names
        .filter(|name| name.eq_ignore_ascii_case(CUSTOMER_ID.as_bytes()))
        .count()
}
