//! The callback: an endpoint of the MPP that implements the SPIs, as remote source and as route
//! store.
//!
//! Each call is one POST. The header `X-Codeid-Spi` names the SPI, the body is its request and the
//! response its result, both as JSON:
//!
//! ```text
//! readRouteConfigFromRemote  {"uri": "…"}              ▶ {"result": {…}, "routeConfigData": "…"}
//! readRouteConfigFromLocal   {}                        ▶ {"result": {…}, "routeConfigData": "…" or null}
//! saveRouteConfigToLocal     {"routeConfigData": "…"}  ▶ {"result": {…}}
//! ```
//!
//! A call succeeded if the status is 200 and `result.resultStatus` is `S`.

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use super::error::SourceError;
use super::traits::{BoxFuture, RemoteConfig, RemoteSource, Revision, RouteStore};
use crate::outbound::http_client::HttpClient;

/// The header that names the called SPI.
const SPI: HeaderName = HeaderName::from_static("x-codeid-spi");

/// The most characters of a result's code, and of its message, that an error quotes.
const MAX_QUOTED: usize = 256;

/// The callback at a URL.
pub(super) struct Callback {
    client: HttpClient,
    url: Uri,
}

/// The reason why a callback failed. No message repeats a value of the response but the result's
/// own words: a value may be a whole route config.
#[derive(Debug, Error)]
enum CallbackError {
    /// The request cannot be written as JSON.
    #[error("cannot write the callback's request")]
    Request(#[source] serde_json::Error),
    /// The response has another status than 200. Its body was not read.
    #[error("the callback responded with the status {0}, not 200 OK")]
    Status(StatusCode),
    /// The body is not the JSON of a response; line and column are from 1.
    #[error("the callback's response is not JSON at line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    /// The body has no `result`, or one without a status.
    #[error("the callback's response has no string result.resultStatus")]
    NoStatus,
    /// The callback reported a failure. Its texts are cut to a line of bounded length.
    #[error("the callback failed with status {status}, code {code}, message {message}")]
    Failed {
        status: String,
        code: String,
        message: String,
    },
    /// The route config in the response is of another type than text.
    #[error("the callback's response has a routeConfigData that is neither a string nor null")]
    BadData,
    /// The callback reported success of a read, and gave no route config.
    #[error("the callback succeeded without routeConfigData")]
    NoData,
    /// A config was to be removed, which a callback cannot do.
    #[error(
        "a callback has no SPI that removes a route config; remove the config where the callback saves it"
    )]
    CannotForget,
}

#[derive(Serialize)]
struct ReadFromRemote<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
struct ReadFromLocal {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SaveToLocal<'a> {
    route_config_data: &'a str,
}

impl Callback {
    /// Returns the callback at `url`. A redirect is an error.
    pub(super) const fn new(client: HttpClient, url: Uri) -> Self {
        Self { client, url }
    }

    /// Calls an SPI. Completes with the route config of its result, if it has one.
    async fn call(
        &self,
        spi: &'static str,
        request: &impl Serialize,
    ) -> Result<Option<String>, SourceError> {
        let request = serde_json::to_string(request).map_err(CallbackError::Request)?;
        let mut headers = HeaderMap::new();
        headers.insert(SPI, HeaderValue::from_static(spi));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = self
            .client
            .send(Method::POST, &self.url, headers, request)
            .await?;
        match response.status() {
            StatusCode::OK => parse(&self.client.read_body(response).await?),
            status => Err(CallbackError::Status(status).into()),
        }
    }

    async fn read_from_remote(&self, uri: &str) -> Result<RemoteConfig, SourceError> {
        let data = self
            .call("readRouteConfigFromRemote", &ReadFromRemote { uri })
            .await?
            .ok_or(CallbackError::NoData)?;
        Ok(RemoteConfig::Config {
            route_config_data: data.into_bytes(),
            revision: None,
        })
    }

    async fn read_from_local(&self) -> Result<Option<Vec<u8>>, SourceError> {
        let data = self
            .call("readRouteConfigFromLocal", &ReadFromLocal {})
            .await?;
        Ok(data.map(String::into_bytes))
    }

    async fn save_to_local(&self, route_config_data: &str) -> Result<(), SourceError> {
        self.call("saveRouteConfigToLocal", &SaveToLocal { route_config_data })
            .await?;
        Ok(())
    }
}

impl RemoteSource for Callback {
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        _known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>> {
        Box::pin(self.client.with_deadline(self.read_from_remote(uri)))
    }
}

impl RouteStore for Callback {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(
            self.client
                .with_deadline(self.save_to_local(route_config_data)),
        )
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        Box::pin(self.client.with_deadline(self.read_from_local()))
    }

    /// Refuses: none of the three SPIs removes a route config.
    fn remove_route_config_from_local(&self) -> BoxFuture<'_, Result<bool, SourceError>> {
        Box::pin(async { Err(CallbackError::CannotForget.into()) })
    }
}

impl From<CallbackError> for SourceError {
    fn from(error: CallbackError) -> Self {
        Self::new(error)
    }
}

/// Returns the route config of the result in `body`, if it has one.
///
/// # Errors
///
/// [`SourceError`] unless `body` is the result of a call that succeeded.
pub(crate) fn parse(body: &[u8]) -> Result<Option<String>, SourceError> {
    Ok(parse_result(body)?)
}

fn parse_result(body: &[u8]) -> Result<Option<String>, CallbackError> {
    let mut response: Value =
        serde_json::from_slice(body).map_err(|error| CallbackError::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
    let status = response.pointer("/result/resultStatus");
    let Some(status) = status.and_then(Value::as_str) else {
        return Err(CallbackError::NoStatus);
    };
    if status != "S" {
        let text = |pointer| response.pointer(pointer).and_then(Value::as_str);
        return Err(CallbackError::Failed {
            status: quoted(Some(status)),
            code: quoted(text("/result/resultCode")),
            message: quoted(text("/result/resultMessage")),
        });
    }
    match response.get_mut("routeConfigData").map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(route_config_data)) => Ok(Some(route_config_data)),
        Some(_) => Err(CallbackError::BadData),
    }
}

/// Returns the start of a result's text, escaped for a log line.
fn quoted(text: Option<&str>) -> String {
    let text = text.unwrap_or("none");
    let start: String = text.chars().take(MAX_QUOTED).collect();
    start.escape_debug().to_string()
}
