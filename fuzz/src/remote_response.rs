//! Any bytes, read as the responses of the remote source to one pull.

use codeid_daemon::fuzzing::{Pull, Step, read_remote_body};
use codeid_daemon::rules::source::{RemoteConfig, Revision};
use hyper::header::{
    CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, TRANSFER_ENCODING,
};
use hyper::{Request, Response, StatusCode, Uri};

use crate::exchange::exchange;

/// The URL of the source. Its query is a secret.
const URL: &str = "https://h.example:8443/routes/a.json?sig=secret";

/// The scheme, host and port of every URL to which a redirect may lead.
const ORIGIN: (&str, &str, u16) = ("https", "h.example", 8443);

/// The separator of responses in the input.
const SEPARATOR: u8 = 0x1e;

/// The most requests of a pull: the first, and five redirects.
const MAX_REQUESTS: usize = 6;

/// The most bytes of a route config.
const MAX_BODY_BYTES: usize = 256;

/// The most bytes of an error, which becomes part of a log line.
const MAX_ERROR_BYTES: usize = 512;

/// The outcome of a pull.
#[derive(Debug)]
struct Pulled {
    /// The URL of each request.
    urls: Vec<String>,
    /// The status and the headers of the last response.
    last: Option<(StatusCode, HeaderMap)>,
    result: Result<RemoteConfig, String>,
}

/// Checks that all requests of a pull go to one origin, that their number and the body are bounded,
/// that a route config comes only with status 200 and a revision only from its headers, that a known
/// revision is confirmed only with status 304, and that errors are short and without a secret.
///
/// The first line of the input is the known entity tag, if any. The responses follow, separated by
/// the byte 1E.
///
/// # Panics
///
/// If the property does not hold.
pub fn remote_response(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let Some((tag, responses)) = end.map(|end| (&bytes[..end], &bytes[end + 1..])) else {
        return;
    };
    let Ok(tag) = std::str::from_utf8(tag) else {
        return;
    };
    let known = (!tag.is_empty()).then(|| revision(tag));
    let pulled = pull(known.as_ref(), responses, usize::MAX);
    check_requests(&pulled);
    check_result(&pulled, known.as_ref());
    let in_pieces = pull(known.as_ref(), responses, 3);
    assert_eq!(in_pieces.urls, pulled.urls);
    assert_eq!(in_pieces.result.ok(), pulled.result.ok());
}

fn revision(tag: &str) -> Revision {
    Revision {
        tag: Some(tag.to_owned()),
        modified: None,
    }
}

/// Pulls from a server with these responses, which arrive in pieces of at most `piece` bytes.
fn pull(known: Option<&Revision>, responses: &[u8], piece: usize) -> Pulled {
    let mut pull = Pull::new(URL, known).expect("a valid URL");
    let mut pulled = Pulled {
        urls: Vec::new(),
        last: None,
        result: Err("no response".to_owned()),
    };
    for response in responses.split(|byte| *byte == SEPARATOR) {
        pulled.urls.push(pull.url().to_string());
        let mut request = Request::new(String::new());
        *request.headers_mut() = pull.conditions().clone();
        let received = exchange(request, response, piece, async |response: Response<_>| {
            let (status, headers) = (response.status(), response.headers().clone());
            let step = pull
                .interpret(status, &headers)
                .map_err(|error| error.to_string());
            let result = match step {
                Err(error) => Some(Err(error)),
                Ok(Step::Redirect) => None,
                Ok(Step::Unchanged) => Some(Ok(RemoteConfig::Unchanged)),
                Ok(Step::Body(revision)) => {
                    let body = read_remote_body(response, MAX_BODY_BYTES).await;
                    let config = |route_config_data| RemoteConfig::Config {
                        route_config_data,
                        revision,
                    };
                    Some(body.map(config).map_err(|error| error.to_string()))
                }
            };
            ((status, headers), result)
        });
        let Some((last, result)) = received else {
            return pulled;
        };
        pulled.last = Some(last);
        if let Some(result) = result {
            pulled.result = result;
            return pulled;
        }
    }
    pulled
}

fn check_requests(pulled: &Pulled) {
    assert!(pulled.urls.len() <= MAX_REQUESTS);
    for url in &pulled.urls {
        let parsed: Uri = url.parse().expect("a URL");
        let host = parsed.host().map(str::to_ascii_lowercase);
        let origin = (parsed.scheme_str(), host.as_deref(), parsed.port_u16());
        let (scheme, host, port) = ORIGIN;
        assert_eq!(origin, (Some(scheme), Some(host), Some(port)), "{url}");
        let authority = url.split('/').nth(2).expect("a URL has an authority");
        assert!(!authority.contains('@'), "{url}");
    }
}

fn check_result(pulled: &Pulled, known: Option<&Revision>) {
    match &pulled.result {
        Ok(RemoteConfig::Unchanged) => {
            let (status, _) = pulled.last.as_ref().expect("a response");
            assert_eq!(*status, StatusCode::NOT_MODIFIED);
            let known = known.expect("only a known revision can be confirmed");
            let conditions = Pull::new(URL, Some(known)).expect("a valid URL");
            let tag = conditions.conditions().get(IF_NONE_MATCH);
            assert_eq!(
                tag.map(HeaderValue::as_bytes),
                known.tag.as_deref().map(str::as_bytes)
            );
        }
        Ok(RemoteConfig::Config {
            route_config_data,
            revision,
        }) => {
            let (status, headers) = pulled.last.as_ref().expect("a response");
            assert_eq!(*status, StatusCode::OK);
            check_body(route_config_data, headers);
            let tag = headers
                .get(ETAG)
                .map(HeaderValue::to_str)
                .and_then(Result::ok);
            let found = revision
                .as_ref()
                .and_then(|revision| revision.tag.as_deref());
            assert_eq!(found, tag);
            if revision.is_some() {
                check_confirmation(revision.as_ref());
            }
        }
        Err(error) => {
            assert!(
                !error.is_empty() && error.len() <= MAX_ERROR_BYTES,
                "{error}"
            );
            assert!(!error.contains(char::is_control), "{error:?}");
            if error.starts_with("redirected") {
                assert!(!error.contains(['?', '#']), "{error}");
            }
        }
    }
}

fn check_body(body: &[u8], headers: &HeaderMap) {
    assert!(body.len() <= MAX_BODY_BYTES);
    // A transfer coding overrides the length (RFC 9112, section 6.3).
    if let Some(length) = headers.get(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
    {
        let length = length.to_str().expect("a length is ASCII");
        // A list of equal lengths counts as one of them (RFC 9110, section 8.6).
        for length in length.split(',') {
            assert_eq!(length.trim().parse(), Ok(body.len()));
        }
    }
    if let Some(media_type) = headers.get(CONTENT_TYPE) {
        let media_type = media_type.to_str().expect("a media type is ASCII");
        let media_type = media_type.to_ascii_lowercase();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let suffixes = ["", "json", "text/plain", "octet-stream"];
        assert!(
            essence.is_empty() || suffixes[1..].iter().any(|suffix| essence.ends_with(suffix)),
            "{media_type}"
        );
    }
}

/// Checks that a server can confirm the revision that it declared.
fn check_confirmation(revision: Option<&Revision>) {
    let confirmed = pull(revision, b"HTTP/1.1 304 Not Modified\r\n\r\n", usize::MAX);
    assert_eq!(confirmed.result, Ok(RemoteConfig::Unchanged));
}
