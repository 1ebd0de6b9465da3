//! The callback: an endpoint of the MPP's own that does what the SPIs do, as remote source and as
//! route store.
//!
//! Each call is one POST. The header `X-Codeid-Spi` names the SPI, the body is its request and the
//! answer its result, both as JSON:
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

use super::{BoxFuture, RemoteConfig, RemoteSource, Revision, RouteStore, SourceError};
use crate::outbound::http_client::HttpClient;

/// The header that names the SPI that is called.
const SPI: HeaderName = HeaderName::from_static("x-codeid-spi");

/// The most characters of a result's code and of its message that are told.
const MAX_TOLD: usize = 256;

/// The callback at a URL.
pub(super) struct Callback {
    client: HttpClient,
    url: Uri,
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
    /// The callback at `url`, which is posted to exactly: redirects are errors.
    pub(super) const fn new(client: HttpClient, url: Uri) -> Self {
        Self { client, url }
    }

    /// Calls an SPI. Completes with the route config of its result, if there is one.
    async fn call(
        &self,
        spi: &'static str,
        request: &impl Serialize,
    ) -> Result<Option<String>, SourceError> {
        let request = serde_json::to_string(request)
            .map_err(|error| SourceError::new(format!("the request cannot be written: {error}")))?;
        let mut headers = HeaderMap::new();
        headers.insert(SPI, HeaderValue::from_static(spi));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = self
            .client
            .send(Method::POST, &self.url, headers, request)
            .await?;
        match response.status() {
            StatusCode::OK => read_answer(&self.client.read_body(response).await?),
            status => Err(SourceError::new(format!(
                "the callback's status is {status}, not 200 OK"
            ))),
        }
    }

    async fn read_from_remote(&self, uri: &str) -> Result<RemoteConfig, SourceError> {
        let data = self
            .call("readRouteConfigFromRemote", &ReadFromRemote { uri })
            .await?
            .ok_or_else(|| SourceError::new("the callback succeeded without routeConfigData"))?;
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
        Box::pin(self.client.in_time(self.read_from_remote(uri)))
    }
}

impl RouteStore for Callback {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        Box::pin(self.client.in_time(self.save_to_local(route_config_data)))
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        Box::pin(self.client.in_time(self.read_from_local()))
    }
}

/// The route config in a result, if there is one.
///
/// What is wrong is told by place and name: a value may be a whole route config.
fn read_answer(body: &[u8]) -> Result<Option<String>, SourceError> {
    let refuse = |why: String| Err(SourceError::new(format!("the callback's answer {why}")));
    let mut answer: Value = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return refuse(format!("is not JSON: line {line}, column {column}"));
        }
    };
    let Some(status) = answer
        .pointer("/result/resultStatus")
        .and_then(Value::as_str)
    else {
        return refuse("has no string result.resultStatus".to_owned());
    };
    if status != "S" {
        return Err(SourceError::new(format!(
            "the callback failed with status {}, code {}, message {}",
            told(answer.pointer("/result/resultStatus")),
            told(answer.pointer("/result/resultCode")),
            told(answer.pointer("/result/resultMessage")),
        )));
    }
    match answer.get_mut("routeConfigData").map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(route_config_data)) => Ok(Some(route_config_data)),
        Some(_) => refuse("has a routeConfigData that is neither a string nor null".to_owned()),
    }
}

/// A text of a result as it may stand in a log line.
fn told(text: Option<&Value>) -> String {
    let text = text.and_then(Value::as_str).unwrap_or("none");
    let start: String = text.chars().take(MAX_TOLD).collect();
    start.escape_debug().to_string()
}
