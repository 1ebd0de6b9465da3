//! The sources and stores that call servers, against servers whose every byte is scripted.

mod by_scheme;
mod callback;
mod conditional;
mod failures;
mod server;
mod tls;
mod token;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustls::RootCertStore;
use tempfile::TempDir;

use super::callback::Callback;
use super::http::HttpSource;
use super::{RemoteConfig, RemoteSource, Revision};
use crate::error_chain::ErrorChain;
use crate::outbound::http_client::HttpClient;
use crate::outbound::tls::client_config;
use crate::settings::{Outbound, Remote, Secrets};
use crate::url;

const CONFIG: &str = r#"{"format": "codeid/1", "version": "1", "rules": []}"#;

/// The most bytes of a body that these tests read.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Returns settings under which nothing is ever cut off.
fn patient() -> Remote {
    Remote {
        connect_timeout: Duration::from_secs(60),
        total_timeout: Duration::from_secs(60),
        ca_path: None,
        bearer_token_path: None,
        secrets: Secrets::default(),
        outbound: Outbound::default(),
    }
}

fn client(settings: &Remote) -> HttpClient {
    let roots = RootCertStore::empty();
    HttpClient::new(settings, client_config(roots), None, MAX_BODY_BYTES)
}

fn source(settings: &Remote) -> HttpSource {
    HttpSource::new(client(settings))
}

fn callback(text: &str) -> Callback {
    Callback::new(client(&patient()), url::parse(text).unwrap())
}

/// Pulls the config at `uri`; an error is returned with its causes in one line.
async fn pull(source: &dyn RemoteSource, uri: &str) -> Result<RemoteConfig, String> {
    pull_if_changed(source, uri, None).await
}

async fn pull_if_changed(
    source: &dyn RemoteSource,
    uri: &str,
    known: Option<&Revision>,
) -> Result<RemoteConfig, String> {
    source
        .read_route_config_from_remote(uri, known)
        .await
        .map_err(|error| ErrorChain(&error).to_string())
}

/// Returns [`CONFIG`] as a source returns it.
fn config(revision: Option<Revision>) -> RemoteConfig {
    RemoteConfig::Config {
        route_config_data: CONFIG.into(),
        revision,
    }
}

/// Writes a file and returns its path.
fn write(directory: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    // A token may be read by its owner only.
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}
