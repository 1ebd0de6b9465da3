//! The OpenAPI documents describe what the daemon serves.

use serde_json::Value;

use super::good;
use crate::rules::plan;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// Asserts that each path of the document exists, with the described methods and no others.
fn assert_served(document: &Value, status: impl Fn(&str, &str) -> u16) {
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{generation}", "1")
            .replace("{module}", "api.js");
        for method in METHODS {
            let status = status(&method.to_uppercase(), &path);
            let is_described = methods.get(method).is_some();
            assert_eq!(status != 405, is_described, "{method} {path}");
            assert_ne!(status, 404, "{method} {path}");
        }
    }
}

#[test]
fn the_admin_plane_serves_the_described_paths_and_methods() {
    let daemon = plan().start();
    let document = good(&daemon.admin("GET", "/openapi.json"));
    assert_eq!(document, codeid_daemon::api::admin::document());
    assert_served(&document, |method, path| daemon.admin(method, path).status);
    daemon.stop();
}

#[test]
fn the_serving_port_serves_the_described_paths_and_methods() {
    let daemon = plan().start();
    let document = codeid_daemon::api::serving::document();
    assert_served(&document, |method, path| {
        daemon.tcp().bare(method, path).status
    });
    daemon.stop();
}
