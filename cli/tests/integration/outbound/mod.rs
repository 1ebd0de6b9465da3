//! Calls to other servers through a proxy. The servers have names that only the proxy knows, so a call that
//! does not go through it fails.

pub(crate) mod proxy;
mod pulls;
mod refusals;

use serde_json::Value;

use crate::rules::remote::Remote;
use crate::serve::client::Client;
use crate::serve::daemon::{Plan, Served};

/// The name of the remote source.
const ROUTES: &str = "routes.example";

/// The credentials in the URLs of proxies, and as they are sent.
const CREDENTIALS: &str = "planted-user:planted%20p%40ss";
const AUTHORIZATION: &str = "Basic cGxhbnRlZC11c2VyOnBsYW50ZWQgcEBzcw==";

/// Returns a plan that pulls from `remote` under the name [`ROUTES`].
fn plan(remote: &Remote) -> Plan {
    let plan = crate::rules::plan();
    plan.directory.write("ca.pem", &remote.certificate);
    plan.set("remote.ca-path=ca.pem")
        .set("remote.connect-timeout-ms=60000")
        .set("remote.total-timeout-ms=60000")
        .set(&format!(
            "ac.route.pull-route-config-url=https://{ROUTES}/routes.json"
        ))
}

/// Makes the daemon pull. Returns the reason why that failed.
fn pull(daemon: &Served) -> Option<String> {
    let socket = daemon.directory.path().join("run/codeid.admin.sock");
    Client::unix(&socket).post("/v1/reload", "");
    let check = daemon.status()["sources"]["remote"]["lastCheck"].clone();
    match &check["why"] {
        Value::String(why) => Some(why.clone()),
        _ => None,
    }
}
