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
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::http_client::HttpClient;
use super::{BoxFuture, RemoteConfig, RemoteSource, Revision, RouteStore, SourceError};

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result: SpiResult,
    route_config_data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpiResult {
    result_status: String,
    result_code: Option<String>,
    result_message: Option<String>,
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
/// serde's messages quote values, which may be a whole config: only the place is told.
fn read_answer(body: &[u8]) -> Result<Option<String>, SourceError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| {
        let what = match error.classify() {
            Category::Data => {
                "is not {\"result\": {\"resultStatus\": \"…\"}, \"routeConfigData\": \"…\" or null}"
            }
            _ => "is not JSON",
        };
        SourceError::new(format!(
            "the callback's answer {what}: line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    if answer.result.result_status == "S" {
        return Ok(answer.route_config_data);
    }
    let told = |text: Option<String>| -> String {
        let text = text.unwrap_or_else(|| "none".to_owned());
        let start: String = text.chars().take(MAX_TOLD).collect();
        start.escape_debug().to_string()
    };
    Err(SourceError::new(format!(
        "the callback failed with status {}, code {}, message {}",
        told(Some(answer.result.result_status)),
        told(answer.result.result_code),
        told(answer.result.result_message),
    )))
}
