//! `codeid serve` and its sources: the first route config at the start, and new ones while it
//! serves.

mod bad_configs;
mod breaker;
mod code_cost;
mod etag;
mod files;
mod kill;
mod matrix;
mod platform_roots;
pub(crate) mod remote;
mod schedule;
mod secrets;
mod staleness;
mod under_load;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::serve::daemon::{Plan, Served};

/// A code value that every config of [`config`] decides by its one rule.
pub(crate) const CODE: &str = "28100104";

/// Returns a config whose version is `label`, and whose one rule has the id `label` and decodes
/// [`CODE`] to `label:…`, so that each label gives another response.
pub(crate) fn config(label: &str) -> String {
    json!({"format": "codeid/1", "version": label, "rules": [rule(label)]}).to_string()
}

/// Returns [`config`] with rules before its own that never match, of about `bytes` bytes in all.
pub(crate) fn large_config(label: &str, bytes: usize) -> String {
    let filler = |index: usize| {
        json!({"id": format!("filler-{index}"), "match": {"prefix": format!("filler{index:08}")},
               "action": {"type": "UNSUPPORTED"}})
    };
    let mut rules = Vec::new();
    let each = filler(10_000_000).to_string().len();
    rules.extend((0..bytes / each).map(filler));
    rules.push(rule(label));
    json!({"format": "codeid/1", "version": label, "rules": rules}).to_string()
}

fn rule(label: &str) -> Value {
    json!({"id": label, "match": {"prefix": "281"},
           "action": {"type": "DECODE", "codeValue": format!("{label}:{{code}}")}})
}

/// Returns a daemon with both HTTP listeners, the built-in preset, and no remote source.
pub(crate) fn plan() -> Plan {
    Plan::bare()
        .set("listen.http=127.0.0.1:0")
        .set("listen.unix=codeid.sock")
        .set("serve.worker-threads=1")
}

/// Returns the file of a daemon's local storage.
pub(crate) fn store(directory: &Path) -> PathBuf {
    directory.join("data/route-config.json")
}

/// Returns the label of the live config; `None` if it is not one of [`config`].
fn live_label(daemon: &Served) -> Option<String> {
    let answer = daemon.unix().identify(CODE, "user-42");
    answer.header("x-codeid-rule").map(str::to_owned)
}
