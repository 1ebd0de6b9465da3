//! The committed OpenAPI documents are those that follow from the routes and the types.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

use super::{admin, serving};

/// Writes the documents instead of comparing them:
/// `UPDATE_OPENAPI=1 cargo test -p codeid-daemon --lib api::tests`.
const UPDATE: &str = "UPDATE_OPENAPI";

#[test]
fn the_committed_documents_are_the_derived_ones() {
    for (name, document) in [
        ("admin.json", admin::document()),
        ("serving.json", serving::document()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("openapi")
            .join(name);
        let derived = serde_json::to_string_pretty(&document).unwrap() + "\n";
        if env::var_os(UPDATE).is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &derived).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == derived,
            "{} differs from the routes and types; to write it anew, set {UPDATE}=1",
            path.display()
        );
    }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let described = |document: &Value| -> BTreeSet<(String, String)> {
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.to_uppercase()))
        });
        operations.collect()
    };
    let admin_routes = admin::ROUTES.iter();
    let admin_routes =
        admin_routes.map(|route| (route.path.to_owned(), route.method.as_str().to_owned()));
    assert_eq!(described(&admin::document()), admin_routes.collect());
    let serving_routes = serving::ROUTES.iter();
    let serving_routes =
        serving_routes.map(|route| (route.path.to_owned(), route.method.as_str().to_owned()));
    assert_eq!(described(&serving::document()), serving_routes.collect());
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    for document in [admin::document(), serving::document()] {
        let mut names = BTreeSet::new();
        for methods in document["paths"].as_object().unwrap().values() {
            for operation in methods.as_object().unwrap().values() {
                assert!(names.insert(operation["operationId"].to_string()));
            }
        }
    }
}

#[test]
fn every_reference_leads_to_a_component() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.insert(target.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(elements) => elements.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    for document in [admin::document(), serving::document()] {
        let mut targets = BTreeSet::new();
        references(&document, &mut targets);
        assert!(!targets.is_empty());
        for target in targets {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }
}
