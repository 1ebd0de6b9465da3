//! sdkProxy through the listeners of the daemon, and its settings.

mod client;
mod described;
mod failures;
mod figures;
#[expect(
    dead_code,
    reason = "the same stand-in serves the tests inside the crate, which use the rest of it"
)]
#[path = "../../../../daemon/src/sdk_proxy/tests/gateway.rs"]
mod gateway;
mod listeners;
mod platform_roots;
mod proxies;
mod secrets;
mod settings;
mod traces;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use codeid_daemon::signature;
use tokio::runtime::Runtime;

use self::gateway::{
    Authority, Behavior, CLIENT_ID, Gateway, OURS, Reply, Request, SUCCESS, THEIRS, signed,
};
use crate::serve::client::request;
use crate::serve::daemon::Plan;

pub(crate) const SDK_PROXY: &str = "/aps/api/v1/mobile/sdkProxy";
const CLIENT_SDK_PROXY: &str = "/v1/clientSdkProxy";

/// The stand-in for the upstream, and the plan of a daemon that forwards to it.
pub(crate) struct Fixture {
    runtime: Runtime,
    gateway: Gateway,
    pub(crate) plan: Plan,
}

impl Fixture {
    fn new(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = Runtime::new().unwrap();
        let authority = Authority::new();
        let start = Gateway::start(&authority, Behavior::default(), reply);
        let gateway = runtime.block_on(start);
        let plan = with_files(Plan::new(), &authority)
            .set(&format!("proxy.upstream-url={}", gateway.url()));
        Self {
            runtime,
            gateway,
            plan,
        }
    }
}

/// Returns a request with these lines of headers beside the usual ones.
fn request_with(path: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let usual = String::from_utf8(request(path, body)).unwrap();
    let (line, rest) = usual.split_once("\r\n").unwrap();
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    format!("{line}\r\n{headers}{rest}").into_bytes()
}

/// Returns a fixture whose upstream answers every request with a success that has `text` for its data.
pub(crate) fn responding(text: &'static str) -> Fixture {
    let body = SUCCESS.replace("{\\\"a\\\":1}", text);
    Fixture::new(move |_| Reply::Send(signed(&body)))
}

/// Adds all settings of sdkProxy to a plan, with the file of our key at `key`. The upstream does not exist.
pub(crate) fn with_key_of_ours(plan: Plan, key: &str) -> Plan {
    let plan = with_files(plan, &Authority::new());
    plan.directory.write_secret(key, &OURS.private);
    plan.set(&format!("proxy.private-key-path={key}"))
        .set("proxy.upstream-url=https://h.example")
}

/// Adds the settings of sdkProxy, with an upstream that does not exist, to a plan.
#[cfg(feature = "faults")]
pub(crate) fn unreachable(plan: Plan) -> Plan {
    with_files(plan, &Authority::new()).set("proxy.upstream-url=https://localhost:1")
}

/// Adds all settings of sdkProxy but the upstream to a plan.
fn with_files(plan: Plan, authority: &Authority) -> Plan {
    plan.directory.write("ca.pem", &authority.pem);
    with_keys(plan, authority).set("proxy.ca-path=ca.pem")
}

/// Adds to a plan the settings of sdkProxy without the upstream's URL and the authority to trust.
///
/// The authority is not used: the signature is that of [`with_files`], so that a table of tests can hold
/// either.
fn with_keys(plan: Plan, _: &Authority) -> Plan {
    plan.directory.write("theirs.pub.pem", &THEIRS.public);
    let key = plan.directory.write("ours.pem", &OURS.private);
    fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
    plan.set(&format!("proxy.client-id={CLIENT_ID}"))
        .set("proxy.private-key-path=ours.pem")
        .set("proxy.key-version=7")
        .set("proxy.public-keys.1=theirs.pub.pem")
}
