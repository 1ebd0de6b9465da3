//! Replays the corpus and earlier findings, without a fuzzer.

use std::fs;
use std::path::Path;

use codeid_fuzz::{
    admin_request, callback_result, engine_vs_reference, http, http_body, login_check,
    remote_response, resp, route_config, sdk_request, sdk_response, signature_header, tokens_file,
};
use codeid_generate::{Case, Entropy};

#[test]
fn route_configs() {
    replay("route_config", route_config);
}

#[test]
fn generated_cases() {
    replay("engine_vs_reference", |bytes| {
        engine_vs_reference(&Case::draw(&mut Entropy::new(bytes)));
    });
}

#[test]
fn http_requests() {
    replay("http", http);
}

#[test]
fn http_bodies() {
    replay("http_body", http_body);
}

#[test]
fn sdk_requests() {
    replay("sdk_request", sdk_request);
}

#[test]
fn sdk_responses() {
    replay("sdk_response", sdk_response);
}

#[test]
fn signature_headers() {
    replay("signature_header", signature_header);
}

#[test]
fn resp_commands() {
    replay("resp", resp);
}

#[test]
fn admin_requests() {
    replay("admin_request", admin_request);
}

#[test]
fn remote_responses() {
    replay("remote_response", remote_response);
}

#[test]
fn callback_results() {
    replay("callback_result", callback_result);
}

#[test]
fn login_checks() {
    replay("login_check", login_check);
}

#[test]
fn tokens_files() {
    replay("tokens_file", tokens_file);
}

/// Calls `property` with every file of the target's corpus and regressions.
fn replay(target: &str, property: fn(&[u8])) {
    let mut replayed = 0;
    for folder in ["corpus", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(folder)
            .join(target);
        // A target without findings has no folder of them.
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            property(&fs::read(&path).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 0, "{target} has no corpus");
}
