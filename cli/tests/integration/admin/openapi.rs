//! The document that describes the plane is what the plane does.

use super::good;
use crate::rules::plan;

#[test]
fn every_path_is_there_with_its_methods_and_no_other() {
    let daemon = plan().start();
    let document = good(&daemon.admin("GET", "/openapi.json"));
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{generation}", "1")
            .replace("{module}", "api.js");
        for method in ["get", "post", "put", "delete", "patch"] {
            let answer = daemon.admin(&method.to_uppercase(), &path);
            let described = methods.get(method).is_some();
            assert_eq!(answer.status != 405, described, "{method} {path}");
            assert_ne!(answer.status, 404, "{method} {path}");
        }
    }
    daemon.stop();
}
