//! Replays the corpus and what was once found, without a fuzzer.

use std::fs;
use std::path::Path;

use codeid_fuzz::{
    engine_vs_reference, http, http_body, resp, route_config, sdk_answer, sdk_request,
    signature_header,
};
use codeid_generate::{Case, Entropy};

#[test]
fn route_config_corpus() {
    replay("route_config", route_config);
}

#[test]
fn engine_vs_reference_corpus() {
    replay("engine_vs_reference", |bytes| {
        engine_vs_reference(&Case::draw(&mut Entropy::new(bytes)));
    });
}

#[test]
fn http_corpus() {
    replay("http", http);
}

#[test]
fn http_body_corpus() {
    replay("http_body", http_body);
}

#[test]
fn sdk_request_corpus() {
    replay("sdk_request", sdk_request);
}

#[test]
fn sdk_answer_corpus() {
    replay("sdk_answer", sdk_answer);
}

#[test]
fn signature_header_corpus() {
    replay("signature_header", signature_header);
}

#[test]
fn resp_corpus() {
    replay("resp", resp);
}

fn replay(target: &str, property: fn(&[u8])) {
    let mut replayed = 0;
    for folder in ["corpus", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(folder)
            .join(target);
        // A target without findings has no folder of regressions.
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
