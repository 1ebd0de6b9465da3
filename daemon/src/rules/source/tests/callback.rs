//! The callback as remote source and as route store.

use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{CONFIG, callback, config, pull};
use crate::error_chain::ErrorChain;
use crate::rules::source::{RouteStore, SourceError};

const SUCCESS: &str =
    r#"{"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"}"#;

fn success(route_config_data: &Value) -> Reply {
    let result: Value = serde_json::from_str(SUCCESS).unwrap();
    let response = json!({"result": result, "routeConfigData": route_config_data, "other": [1]});
    Reply::json(&response.to_string())
}

async fn serve(body: &'static str) -> Server {
    Server::http(move |_| Reply::json(body)).await
}

#[tokio::test]
async fn each_spi_is_one_post_of_its_request() {
    let server = Server::http(|_| success(&json!(CONFIG))).await;
    let callback = callback(&server.url("/spi?k=v"));
    let uri = format!("callback+{}", server.url("/spi?k=v"));
    assert_eq!(pull(&callback, &uri).await, Ok(config(None)));
    let read = callback.read_route_config_from_local().await;
    assert_eq!(read.unwrap(), Some(CONFIG.into()));
    let saved = callback.save_route_config_to_local("{\"\u{e9}\n\"").await;
    saved.unwrap();

    let expected = [
        ("readRouteConfigFromRemote", json!({"uri": uri})),
        ("readRouteConfigFromLocal", json!({})),
        (
            "saveRouteConfigToLocal",
            json!({"routeConfigData": "{\"\u{e9}\n\""}),
        ),
    ];
    let requests = server.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (spi, body)) in requests.iter().zip(expected) {
        assert_eq!(request.method, "POST");
        assert_eq!(request.target, "/spi?k=v");
        assert_eq!(request.header("x-codeid-spi"), Some(spi));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), body);
    }
}

#[tokio::test]
async fn an_absent_config_is_none_in_the_store_and_an_error_from_the_remote() {
    let absent = serve(r#"{"result": {"resultStatus": "S"}}"#).await;
    let null = Server::http(|_| success(&Value::Null)).await;
    for server in [absent, null] {
        let callback = callback(&server.url("/"));
        let read = callback.read_route_config_from_local().await;
        assert_eq!(read.unwrap(), None);
        callback.save_route_config_to_local("{}").await.unwrap();
        let error = pull(&callback, &server.url("/")).await.unwrap_err();
        assert!(error.contains("without routeConfigData"), "{error}");
    }
}

#[tokio::test]
async fn a_result_other_than_success_is_an_error_of_every_spi() {
    for (status, code) in [
        ("F", "STORAGE_CONFIG_LOAD_FAILED"),
        ("U", "UNKNOWN_EXCEPTION"),
    ] {
        let body = json!({
            "result": {"resultStatus": status, "resultCode": code, "resultMessage": "why\n"},
            "routeConfigData": CONFIG,
        })
        .to_string();
        let server = Server::http(move |_| Reply::json(&body)).await;
        let expected =
            format!("the callback failed with status {status}, code {code}, message why\\n");
        assert_fails(&server, &expected).await;
    }
}

#[tokio::test]
async fn a_long_message_is_shortened_in_the_error() {
    let body = json!({"result": {"resultStatus": "F", "resultMessage": "x".repeat(100_000)}});
    let body = body.to_string();
    let server = Server::http(move |_| Reply::json(&body)).await;
    let error = callback(&server.url("/"))
        .save_route_config_to_local("{}")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.ends_with('x') && error.len() < 400, "{error}");
}

#[tokio::test]
async fn a_malformed_response_is_an_error_that_does_not_repeat_it() {
    let status = "the callback's response has no string result.resultStatus";
    let data = "the callback's response has a routeConfigData that is neither";
    let json = "the callback's response is not JSON";
    for (body, expected) in [
        ("", json),
        ("SECRET", json),
        ("{\"result\": {\"resultStatus\": \"S\"}", json),
        ("{\"result\": {\"resultStatus\": \"S\"}} SECRET", json),
        (
            "{\"result\": {\"resultStatus\": \"S\"}, \"routeConfigData\": \"\\ud800\"}",
            json,
        ),
        ("null", status),
        ("[{\"resultStatus\": \"S\"}, \"SECRET\"]", status),
        ("{}", status),
        ("{\"result\": \"SECRET\"}", status),
        ("{\"result\": {}}", status),
        ("{\"result\": [\"S\"]}", status),
        ("{\"result\": {\"resultStatus\": 5}}", status),
        (
            "{\"result\": {\"resultStatus\": \"S\"}, \"routeConfigData\": {\"a\": 1}}",
            data,
        ),
    ] {
        let server = serve(body).await;
        let error = assert_fails(&server, expected).await;
        assert!(!error.contains("SECRET"), "{body}: {error}");
    }
    let result = json!({"result": {"resultStatus": "SECRET"}, "routeConfigData": CONFIG});
    let server = Server::http(move |_| Reply::json(&result.to_string())).await;
    assert_fails(&server, "the callback failed with status SECRET").await;
}

#[tokio::test]
async fn a_status_other_than_200_is_an_error_and_a_redirect_is_not_followed() {
    for status in [
        "201 Created",
        "204 No Content",
        "302 Found",
        "304 Not Modified",
        "503 Busy",
    ] {
        let server = Server::http(move |_| {
            let body = format!("{{\"result\": {SUCCESS}}}");
            Reply::new(status, &[("Location", "/")], body)
        })
        .await;
        assert_fails(
            &server,
            &format!("the callback responded with the status {}", &status[..3]),
        )
        .await;
        assert_eq!(server.requests().len(), 3);
    }
    let body = format!("{{\"result\": {SUCCESS}}}");
    let html = [("Content-Type", "text/html")];
    let server = Server::http(move |_| Reply::new("200 OK", &html, &body)).await;
    assert_fails(&server, "the response has the content type \"text/html\"").await;
}

/// Calls each SPI and asserts that it fails with an error that begins with `expected`.
async fn assert_fails(server: &Server, expected: &str) -> String {
    let callback = callback(&server.url("/"));
    let text = |error: SourceError| ErrorChain(&error).to_string();
    let errors = [
        pull(&callback, &server.url("/")).await.unwrap_err(),
        text(callback.read_route_config_from_local().await.unwrap_err()),
        text(callback.save_route_config_to_local("{}").await.unwrap_err()),
    ];
    for error in &errors {
        assert!(error.starts_with(expected), "{error:?}, not {expected:?}");
    }
    errors.concat()
}
