//! The OpenAPI documents describe what the daemon serves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::access::{OPERATOR, bearer, over_tcp, port};
use super::good;
use crate::described::Described;
use crate::rules::plan;
use crate::rules::remote::wait_until;
use crate::sdk_proxy::with_key_of_ours;
use crate::serve::client::{Client, body, request};
use crate::serve::daemon::Plan;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// Asserts that each path of the document exists, with the described methods and no others, and that no
/// other path exists: neither one that the source of the daemon names, nor one like those described.
fn assert_served(document: &Value, status: impl Fn(&str, &str) -> u16) {
    let described = document["paths"].as_object().unwrap();
    let mut paths = BTreeSet::new();
    for (path, methods) in described {
        let path = concrete(path);
        for method in METHODS {
            let status = status(&method.to_uppercase(), &path);
            let is_described = methods.get(method).is_some();
            assert_eq!(status != 405, is_described, "{method} {path}");
            assert_ne!(status, 404, "{method} {path}");
        }
        paths.insert(path);
    }
    let mut others: BTreeSet<String> = paths_in_source();
    assert!(
        others.is_superset(&paths),
        "{paths:?} are not in the source"
    );
    for path in &paths {
        let parent = path.rsplit_once('/').unwrap().0;
        others.extend([
            format!("{path}/"),
            format!("{path}/x"),
            format!("/{path}"),
            parent.to_owned(),
        ]);
        others.insert(path.to_uppercase());
    }
    let of_a_parameter = described
        .keys()
        .filter_map(|path| Some(path.split_once('{')?.0));
    let of_a_parameter: Vec<&str> = of_a_parameter.collect();
    let mut tried = 0;
    for path in others
        .difference(&paths)
        .filter(|path| path.starts_with('/'))
    {
        let rest = |before: &&str| {
            path.strip_prefix(before)
                .is_some_and(|rest| !rest.contains('/'))
        };
        if of_a_parameter.iter().any(rest) {
            continue;
        }
        for method in ["GET", "POST"] {
            assert_eq!(
                status(method, path),
                404,
                "{method} {path} is not described"
            );
        }
        tried += 1;
    }
    assert!(tried >= 30, "only {tried} other paths were tried");
}

/// Returns a path of the document with a value for its parameter.
fn concrete(path: &str) -> String {
    path.replace("{generation}", "1")
        .replace("{module}", "api.js")
}

/// Returns every literal of the daemon's source that could be the path of a route.
fn paths_in_source() -> BTreeSet<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                let literals = source.split('"').filter(|text| {
                    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/._-{}".contains(c);
                    text.starts_with('/') && text.chars().all(is_of_path)
                });
                found.extend(literals.map(concrete));
            }
        }
    }
    found
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

/// Returns a request whose head has these lines besides its `Host`, with a body that is not sent.
fn with_head(method: &str, path: &str, lines: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n")
}

/// Headers that a body may have, and such that it may not.
const JSON: &str = "Content-Type: application/json\r\n";
const TEXT: &str = "Content-Type: text/plain\r\n";
const CODED: &str = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";

#[test]
fn every_failure_of_the_serving_port_is_described_and_every_described_one_occurs() {
    const PROBES: [&str; 2] = ["/livez", "/readyz"];
    let plan = with_key_of_ours(Plan::new(), "ours.pem")
        .set("proxy.customer-from=header")
        .set("proxy.upstream-url=https://localhost:1")
        .set("http.body-timeout-ms=200")
        .set("http.max-connections=3");
    let daemon = plan.start();
    let document = codeid_daemon::api::serving::document();
    let mut described = Described::new(document.clone());
    let exchange = |bytes: String| {
        // The connection before may still have its place.
        wait_until("a place", || {
            let mut client = daemon.tcp();
            client.try_send(&bytes).ok()?;
            let response = client.try_receive(true).ok()?;
            (response.status != 503).then_some(response)
        })
    };
    for (path, methods) in document["paths"].as_object().unwrap() {
        let method = methods
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap()
            .to_uppercase();
        let below = format!("{path}/x");
        let long = "x".repeat(20_000);
        let mut table = vec![
            (405, with_head("DELETE", path, "")),
            (404, with_head(&method, &below, "")),
            (400, with_head(&method, path, "Host: h\r\n")),
            (414, with_head(&method, &format!("{path}?{long}"), "")),
            (431, with_head(&method, path, &format!("X: {long}\r\n"))),
        ];
        if !PROBES.contains(&&**path) {
            let length = "Content-Length: 99999999\r\n";
            table.extend([
                (400, with_head("POST", path, JSON)),
                (
                    408,
                    with_head("POST", path, &format!("{JSON}Content-Length: 2\r\n")),
                ),
                (413, with_head("POST", path, &format!("{JSON}{length}"))),
                (415, with_head("POST", path, TEXT)),
                (415, with_head("POST", path, CODED)),
            ]);
        }
        for (status, request) in table {
            let response = exchange(request);
            assert_eq!(response.status, status, "{path}");
            described.check(&method, path, &response);
        }
    }
    // One that is served, and others for which there is no room.
    let mut served = wait_until("a place", || {
        let mut client = daemon.tcp();
        client.try_send(with_head("GET", "/livez", "")).ok()?;
        let response = client.try_receive(true).ok()?;
        (response.status == 200).then_some(client)
    });
    for (path, methods) in document["paths"].as_object().unwrap() {
        let method = methods
            .as_object()
            .unwrap()
            .keys()
            .next()
            .unwrap()
            .to_uppercase();
        let response = daemon.tcp().bare(&method, path);
        assert_eq!(response.status, 503, "{path}");
        described.check(&method, path, &response);
    }
    for path in PROBES {
        described.check("GET", path, &served.bare("GET", path));
    }
    served.send(request("/v1/clientSdkProxy", "{}"));
    described.check("POST", "/v1/clientSdkProxy", &served.receive());
    let of_app = r#"{"scene": "s", "proxyRequestHeader": "h", "proxyRequestData": "d"}"#;
    for customer in ["", "X-Customer-Id: c\r\n"] {
        let head = format!("{JSON}{customer}Content-Length: {}\r\n", of_app.len());
        served.send(with_head("POST", "/v1/clientSdkProxy", &head) + of_app);
        described.check("POST", "/v1/clientSdkProxy", &served.receive());
    }
    for path in ["/v1/identifyCode", "/v1/identifyCodes"] {
        let one = body("28100104a", "user-42");
        let text = match path {
            "/v1/identifyCodes" => format!("[{one}, 5]"),
            _ => one,
        };
        described.check("POST", path, &served.post(path, text));
    }
    // What needs an upstream is compared where there is one.
    let unseen = described
        .unseen(|path, status, _| path.ends_with("dkProxy") && matches!(status, 200 | 504));
    assert_eq!(unseen, []);
    daemon.stop();
}

#[test]
fn what_the_admin_plane_would_take_instead_is_described() {
    let daemon = over_tcp().start();
    let document = codeid_daemon::api::admin::document();
    let mut described = Described::new(document.clone());
    let port = port(&daemon);
    let token = bearer(OPERATOR);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            for (status, lines) in [
                (401, JSON.to_owned()),
                (415, format!("{token}{TEXT}")),
                (415, format!("{token}{CODED}")),
            ] {
                if document["paths"][path][method.to_lowercase()]["responses"]
                    .get(status.to_string())
                    .is_none()
                {
                    continue;
                }
                let mut client = Client::tcp(port);
                client.send(with_head(&method, &concrete(path), &lines));
                let response = client.receive();
                assert_eq!(response.status, status, "{method} {path}");
                described.check(&method, path, &response);
            }
        }
    }
    let unseen = described.unseen(|_, status, _| !matches!(status, 401 | 415));
    assert_eq!(unseen, []);
    daemon.stop();
}
