//! The responses of the stand-in, and the failures that it can be asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use codeid_daemon::result::ApiResult;
use codeid_daemon::result::sdk_proxy as results;
use codeid_daemon::sdk_proxy::PATH;
use codeid_daemon::signature::{SignedContent, SigningError};
use codeid_daemon::timestamp::{iso_8601, since_1970};
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::directory::Keys;
use super::validation::validate;

/// The result codes of refusals that are not signed.
const UNSIGNED: [&str; 2] = ["INVALID_CLIENT", "KEY_NOT_FOUND"];

/// The behaviour towards valid requests.
#[derive(Debug)]
pub(super) struct Behaviour {
    /// The time to wait before every response, also to an invalid request.
    pub(super) delay: Duration,
    /// The HTTP status to respond with.
    pub(super) status: StatusCode,
    /// The result to respond with; `None` for `UNKNOWN_EXCEPTION`.
    pub(super) result: Option<ApiResult>,
    /// The signature of every response, also to an invalid request, if the stand-in can sign it.
    pub(super) signature: Signature,
    /// `true` to close the connection instead, also after an invalid request.
    pub(super) drop: bool,
}

/// The signature of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// A signature of the response.
    Right,
    /// A signature of other content than the response.
    Wrong,
    /// No header `Signature`.
    Missing,
}

/// The stand-in for Alipay+.
#[derive(Debug)]
pub(super) struct Gateway {
    client_id: String,
    keys: Keys,
    /// The behaviour towards valid requests.
    pub(super) behaviour: Behaviour,
    /// The number of requests answered.
    answered: AtomicU64,
}

/// A response, and the line that describes it on standard output.
#[derive(Debug)]
pub(super) struct LoggedResponse {
    /// The response.
    pub(super) response: Response<String>,
    /// The line, without its end.
    pub(super) line: String,
}

/// The body of a response.
#[derive(Serialize)]
struct Body<'a> {
    result: ResultObject,
    #[serde(rename = "sdkResponseHeader", skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(rename = "sdkResponseData", skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    /// A field that Alipay+ does not have: a note that this is a stand-in, or the reason for a
    /// refusal; absent from a failure that is not signed, which has its result alone.
    #[serde(rename = "mockGateway", skip_serializing_if = "Option::is_none")]
    mock_gateway: Option<&'a str>,
}

#[derive(Serialize)]
struct ResultObject {
    #[serde(rename = "resultCode")]
    code: &'static str,
    #[serde(rename = "resultStatus")]
    status: &'static str,
    #[serde(rename = "resultMessage")]
    message: &'static str,
}

impl Gateway {
    /// Returns a stand-in that accepts requests of `client_id` alone.
    pub(super) const fn new(client_id: String, keys: Keys, behaviour: Behaviour) -> Self {
        Self {
            client_id,
            keys,
            behaviour,
            answered: AtomicU64::new(0),
        }
    }

    /// Answers a request that came at `now`.
    ///
    /// # Errors
    ///
    /// [`SigningError`] if the response cannot be signed.
    pub(super) fn answer(
        &self,
        request: &Parts,
        body: &[u8],
        now: SystemTime,
    ) -> Result<LoggedResponse, SigningError> {
        let (method, path) = (&request.method, request.uri.path());
        if path != PATH || request.uri.query().is_some() {
            let why = format!("the only path is {PATH}");
            return self.respond(StatusCode::NOT_FOUND, results::INVALID_API, Some(&why), now);
        }
        if *method != Method::POST {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let why = Some("the method is not POST");
            return self.respond(status, results::METHOD_NOT_SUPPORTED, why, now);
        }
        match validate(&self.client_id, &self.keys.client, &request.headers, body) {
            Err(refusal) => self.respond(StatusCode::OK, refusal.result, Some(&refusal.why), now),
            Ok(()) => {
                let result = self.behaviour.result.unwrap_or(results::UNKNOWN_EXCEPTION);
                self.respond(self.behaviour.status, result, None, now)
            }
        }
    }

    /// Makes a response of the time `now` with this status and result. `refused` is the reason for a refusal.
    fn respond(
        &self,
        status: StatusCode,
        result: ApiResult,
        refused: Option<&str>,
        now: SystemTime,
    ) -> Result<LoggedResponse, SigningError> {
        let number = self.answered.fetch_add(1, Ordering::Relaxed) + 1;
        let tracer = format!("mock-{}-{number}", std::process::id());
        let is_success = status == StatusCode::OK && result.status == "S";
        let signature = self.signature_of(&result);
        let is_signed = signature != Signature::Missing;
        let note = refused.unwrap_or("This is a stand-in for Alipay+. Nothing was done.");
        let note = (is_signed || is_success).then_some(note);
        let body = body(&result, note, is_success.then_some((&*tracer, now)));
        let time = iso_8601(now);
        let (signature, how) = match signature {
            Signature::Right => (Some(self.sign(&time, &body)?), ""),
            Signature::Wrong => {
                let other = format!("{body} ");
                (Some(self.sign(&time, &other)?), ", signed wrongly")
            }
            Signature::Missing => (None, ", not signed"),
        };
        let line = match refused {
            Some(why) => format!("refused: {why} ({tracer}, {}{how})", result.code),
            None => {
                let (status, code) = (status.as_u16(), result.code);
                format!("valid; answered {status} {code}{how} ({tracer})")
            }
        };
        let mut response = Response::builder()
            .status(status)
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .header("Client-Id", &self.client_id)
            .header("Response-Time", time)
            .header("Tracer-Id", tracer);
        if let Some(signature) = signature {
            response = response.header("Signature", signature);
        }
        let response = response.body(body);
        let response = response.expect("every part is visible ASCII");
        Ok(LoggedResponse { response, line })
    }

    /// Returns the signature of a response with this result. As Alipay+, the stand-in cannot sign for a client
    /// that it does not know, or whose key it does not have.
    fn signature_of(&self, result: &ApiResult) -> Signature {
        match self.behaviour.signature {
            Signature::Right if UNSIGNED.contains(&result.code) => Signature::Missing,
            signature => signature,
        }
    }

    /// Returns the value of the `Signature` header for a response with this body.
    fn sign(&self, time: &str, body: &str) -> Result<String, SigningError> {
        self.keys.gateway.sign(&SignedContent {
            path: PATH,
            client_id: &self.client_id,
            time,
            body: body.as_bytes(),
        })
    }
}

/// Builds the body; `success` is the tracer's id and the time, for a success.
fn body(result: &ApiResult, note: Option<&str>, success: Option<(&str, SystemTime)>) -> String {
    let mut body = Body {
        result: ResultObject {
            code: result.code,
            status: result.status,
            message: result.message,
        },
        header: None,
        data: None,
        mock_gateway: note,
    };
    if let Some((tracer, now)) = success {
        let seconds = since_1970(now).as_secs();
        let data = json!({
            "traceId": tracer,
            "success": true,
            "errorActions": {},
            "extendInfo": {},
            "status": "SILENT",
        });
        let header = json!({
            "Server-Time": seconds.to_string(),
            "Mgw-TraceId": tracer,
            "Ac-UserId": "MOCK_USER",
            "Result-Status": "1000",
        });
        // JSON within strings, as in the published samples.
        body.data = Some(data.to_string());
        body.header = Some(header.to_string());
    }
    serde_json::to_string(&body).expect("its keys are strings")
}
