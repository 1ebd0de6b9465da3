//! The OpenAPI documents describe what the daemon serves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::good;
use crate::rules::plan;

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

#[test]
fn other_paths_and_methods_of_the_serving_port_get_the_described_responses() {
    const RESULT_CODE: &str =
        "/content/application~1json/schema/allOf/1/properties/result/properties/resultCode/const";
    let daemon = plan().start();
    let document = codeid_daemon::api::serving::document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let below = format!("{path}/x");
        for operation in methods.as_object().unwrap().values() {
            for (method, path, status) in [("DELETE", path, 405), ("GET", &below, 404)] {
                let response = daemon.tcp().bare(method, path);
                assert_eq!(response.status, status, "{method} {path}");
                let described = &operation["responses"][status.to_string()]["$ref"];
                let described = described.as_str().expect("the status is described");
                let described = document.pointer(&described[1..]).unwrap();
                let code = described.pointer(RESULT_CODE).unwrap();
                assert_eq!(*code, response.result_code(), "{method} {path}");
                assert_eq!(
                    described.pointer("/headers/Allow").is_some(),
                    response.header("allow").is_some(),
                    "{method} {path}"
                );
            }
        }
    }
    daemon.stop();
}
