//! The messages of both sides of sdkProxy, with the size of the published samples.

/// The path of sdkProxy, here and upstream.
pub const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

/// The client ID in every message.
pub const CLIENT_ID: &str = "BENCH_CLIENT";

/// The time in every signed message.
pub const TIME: &str = "2026-11-21T09:30:00+08:00";

/// The body of every response of the upstream.
pub const RESPONSE_BODY: &str = r#"{"result":{"resultCode":"SUCCESS","resultMessage":"Success","resultStatus":"S"},"sdkResponseHeader":"{\"Server-Time\":\"1795224600\",\"Mgw-TraceId\":\"00000000000000000000000000000\",\"Ac-UserId\":\"000000000000000000000\",\"Result-Status\":\"1000\"}","sdkResponseData":"{\"traceId\":\"00000000000000000000000000000\",\"success\":true,\"errorActions\":{},\"extendInfo\":{},\"status\":\"SILENT\"}"}"#;

/// Renders the request of a caller in bytes of HTTP/1.1.
#[must_use]
pub fn request() -> Vec<u8> {
    let header = r#"{"AppId":"WALLET_ID","AppKey":"WALLET_ID_ANDROID","workspaceId":"default","Content-Type":"application/x-www-form-urlencoded"}"#;
    let body = serde_json::json!({
        "sdkRequestHeader": header,
        "sdkRequestData": format!("operationType=bench&requestData={}", "%22a%22%3A".repeat(80)),
        "customerId": "20261122000000000000BENCH0000000000000001",
    });
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: codeid\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Returns the content that the upstream signs for a response with this body.
pub(super) fn signed_content(body: &str) -> String {
    format!("POST {PATH}\n{CLIENT_ID}.{TIME}.{body}")
}

/// Renders the response of the upstream in bytes of HTTP/1.1, with its body and a signature in Base64.
pub(super) fn response(body: &str, signature: &str) -> Vec<u8> {
    let encoded = signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nClient-Id: {CLIENT_ID}\r\n\
         Response-Time: {TIME}\r\nTracer-Id: bench\r\n\
         Signature: algorithm=RSA256, keyVersion=1, signature={encoded}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
