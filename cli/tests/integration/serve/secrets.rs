//! Code values and openIds, which no log shows, whatever happens to their request.

use serde_json::json;

use super::client::request;
use super::daemon::Plan;

const CODE: &str = "28100104-planted-code";
const OPEN_ID: &str = "planted-open-id";

#[test]
fn code_values_and_open_ids_are_not_logged() {
    for format in ["human", "json"] {
        let daemon = Plan::new()
            .set("log.level=trace")
            .set(&format!("log.format={format}"))
            .spawn();
        for mut client in [daemon.tcp(), daemon.unix()] {
            let element =
                json!({"codeValue": CODE, "openId": OPEN_ID, "customerId": "planted-customer"});
            let long = json!({"codeValue": CODE.repeat(500), "openId": OPEN_ID.repeat(30)});
            let repeated = format!(r#"{{"codeValue":"{CODE}","{OPEN_ID}":1,"{OPEN_ID}":2}}"#);
            let truncated = format!(r#"{{"codeValue":"{CODE}","openId":"{OPEN_ID}"#);
            let proxied =
                json!({"sdkRequestHeader": "planted-header", "sdkRequestData": "planted-data"});
            let responses = [
                client.post("/v1/identifyCode", element.to_string()),
                client.post(
                    "/v1/identifyCodes",
                    json!([element, CODE, long]).to_string(),
                ),
                client.post("/v1/identifyCode", long.to_string()),
                client.post("/v1/identifyCode", repeated),
                client.post("/v1/identifyCode", truncated),
                client.post("/v1/identifyCode", format!("{CODE}{OPEN_ID}")),
                client.post(&format!("/{CODE}?openId={OPEN_ID}"), "{}"),
                client.post("/aps/api/v1/mobile/sdkProxy", proxied.to_string()),
            ];
            // A failure says what is wrong without what was sent.
            for response in &responses[2..] {
                assert!(!String::from_utf8_lossy(&response.body).contains("planted"));
            }
            client.send(format!("{CODE} {OPEN_ID}\r\n\r\n"));
            client.rest();
        }
        // One body ends early, and one client closes its connection within the body.
        let mut client = daemon.tcp();
        client.send(&request("/v1/identifyCode", CODE.repeat(10))[..200]);
        drop(client);
        let log = daemon.stop();
        assert!(log.len() >= 3, "{log:?}");
        for line in log {
            assert!(!line.contains("planted"), "{line}");
            if format == "json" {
                serde_json::from_str::<serde_json::Value>(&line).unwrap();
            }
        }
    }
}
