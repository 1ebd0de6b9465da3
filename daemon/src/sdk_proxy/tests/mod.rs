//! The forwarder against servers of the test's own.

mod answers;
mod bounds;
mod customers;
mod faults;
mod gateway;
mod http2;
mod http2_faults;
mod http2_frames;
mod properties;
mod published;
mod requests;
mod trust;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::gateway::{Authority, CLIENT_ID, Gateway, Manners, OURS, Reply, Request, THEIRS};
use super::{Response, SdkProxy};
use crate::budget::Budget;
use crate::settings::{CustomerFrom, Proxy};
use crate::signature::{self, KeyVersion};

/// A forwarder, what it forwards to, and the files of both.
struct Fixture {
    directory: TempDir,
    authority: Authority,
    settings: Proxy,
}

/// A fixture whose forwarder and upstream run.
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
            key_version: KeyVersion::new(7).unwrap(),
            public_keys: vec![(KeyVersion::new(1).unwrap(), path("theirs.pub.pem"))],
            ca_path: Some(path("ca.pem")),
            client_certificate: None,
            connect_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(60),
            max_in_flight: 512,
            customer_from: CustomerFrom::Body,
        };
        let fixture = Self {
            directory,
            authority,
            settings,
        };
        fixture.write("ours.pem", &OURS.private);
        fixture.write("theirs.pub.pem", &THEIRS.public);
        fixture.write("ca.pem", &fixture.authority.pem);
        fixture
    }

    /// Writes a file that only its owner may read.
    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn proxy(&self) -> Arc<SdkProxy> {
        let budget = Arc::new(Budget::new(256 << 20));
        Arc::new(SdkProxy::start(&self.settings, 2, &budget).unwrap())
    }

    async fn run(self, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Running {
        self.run_with(Manners::default(), reply).await
    }

    async fn run_with(
        mut self,
        manners: Manners,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Running {
        let gateway = Gateway::start(&self.authority, manners, reply).await;
        self.settings.upstream = gateway.url().parse().unwrap();
        Running {
            proxy: self.proxy(),
            gateway,
            _fixture: self,
        }
    }
}

impl Running {
    /// A forwarder as most tests want it.
    async fn new(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Fixture::new().run(reply).await
    }

    async fn post(&self, body: impl Into<Bytes>) -> Response {
        post(&self.proxy, body).await
    }
}

async fn post(proxy: &SdkProxy, body: impl Into<Bytes>) -> Response {
    proxy.answer(HeaderMap::new(), body.into()).await.unwrap()
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of a result of our own, which has nothing beside it.
    fn own_result(&self) -> String {
        let body = self.json();
        assert!(self.headers.is_empty(), "{:?}", self.headers);
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let result = &body["result"];
        assert_eq!(result.as_object().unwrap().len(), 3, "{body}");
        let code = result["resultCode"].as_str().unwrap();
        let published = super::results::find(code).unwrap();
        assert_eq!(result["resultStatus"], published.status);
        assert_eq!(result["resultMessage"], published.message);
        code.to_owned()
    }

    fn is_success(&self) -> bool {
        self.json()["result"]["resultCode"] == "SUCCESS"
    }
}

/// A request of the interface's own names.
fn request() -> String {
    json!({"sdkRequestHeader": "{}", "sdkRequestData": "a=1", "customerId": "c-1"}).to_string()
}
