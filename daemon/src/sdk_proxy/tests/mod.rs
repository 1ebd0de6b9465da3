//! The forwarder against servers of the tests.

mod bounds;
mod client;
mod customers;
mod details;
mod faults;
mod gateway;
mod http2;
mod http2_faults;
mod http2_frames;
mod properties;
mod published;
mod requests;
mod responses;
mod timeouts;
mod trust;
mod unverified;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::gateway::{Authority, Behavior, CLIENT_ID, Gateway, OURS, Reply, Request, THEIRS};
use super::{Interface, Response, SdkProxy};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::settings::{CustomerFrom, Outbound, Proxy, Secrets};
use crate::signature::{self, KeyVersion};

/// The settings of a forwarder, and the files and the authority that they need.
struct Fixture {
    directory: TempDir,
    authority: Authority,
    settings: Proxy,
    budget: Arc<Budget>,
    clock: Clock,
}

/// A forwarder and its upstream, both running.
struct Running {
    proxy: Arc<SdkProxy>,
    gateway: Gateway,
    _fixture: Fixture,
}

impl Fixture {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let authority = Authority::new();
        let path = |name: &str| directory.path().join(name);
        let settings = Proxy {
            upstream: "https://h.example".parse().unwrap(),
            client_id: CLIENT_ID.to_owned(),
            private_key_path: path("ours.pem"),
            secrets: Secrets::default(),
            key_version: KeyVersion::new(7).unwrap(),
            public_keys: vec![(KeyVersion::new(1).unwrap(), path("theirs.pub.pem"))],
            ca_path: Some(path("ca.pem")),
            client_certificate: None,
            connect_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            max_in_flight: 512,
            customer_from: CustomerFrom::Body,
            forward_traceparent: false,
            outbound: Outbound::default(),
        };
        let fixture = Self {
            directory,
            authority,
            settings,
            budget: Arc::new(Budget::new(256 << 20)),
            clock: Clock::system(),
        };
        fixture.write("ours.pem", &OURS.private);
        fixture.write("theirs.pub.pem", &THEIRS.public);
        fixture.write("ca.pem", &fixture.authority.pem);
        fixture
    }

    /// Writes a file that only its owner may access.
    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn proxy(&self) -> Arc<SdkProxy> {
        Arc::new(SdkProxy::open(&self.settings, 2, &self.budget, &self.clock).unwrap())
    }

    async fn run(self, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Running {
        self.run_with(Behavior::default(), reply).await
    }

    async fn run_with(
        mut self,
        behavior: Behavior,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Running {
        let gateway = Gateway::start(&self.authority, behavior, reply).await;
        self.settings.upstream = gateway.url().parse().unwrap();
        Running {
            proxy: self.proxy(),
            gateway,
            _fixture: self,
        }
    }
}

impl Running {
    /// Starts a forwarder with the settings that most tests use.
    async fn new(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Fixture::new().run(reply).await
    }

    async fn post(&self, body: impl Into<Bytes>) -> Response {
        post(&self.proxy, body).await
    }
}

async fn post(proxy: &SdkProxy, body: impl Into<Bytes>) -> Response {
    let response = proxy.respond(Interface::Server, HeaderMap::new(), body.into());
    response.await.unwrap()
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the result code of a response of our own, which has a result as published, and a sentence.
    fn own_result(&self) -> String {
        let body = self.json();
        assert_eq!(self.status, StatusCode::OK);
        assert!(self.headers.is_empty(), "{:?}", self.headers);
        published::own_result(&body)
    }

    /// Returns the sentence of a response of our own.
    fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }

    fn is_success(&self) -> bool {
        self.json()["result"]["resultCode"] == "SUCCESS"
    }
}

/// Returns a request with the interface's own field names.
fn request() -> String {
    json!({"sdkRequestHeader": "{}", "sdkRequestData": "a=1", "customerId": "c-1"}).to_string()
}
