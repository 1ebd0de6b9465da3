//! From the settings to the forwarder: keys are read, certificates loaded, threads started.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::RootCertStore;
use thiserror::Error as ThisError;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use super::connections::Connections;
use super::customer::CustomerFrom;
use super::login_check::{self, LoginCheck};
use super::response::PATH;
use super::upstream::{self, Upstream};
use super::{Forwarder, SdkProxy};
use crate::budget::Budget;
use crate::outbound::connector::Connector;
use crate::outbound::tls;
use crate::settings::{self, Proxy, SettingsError};
use crate::signature::{SigningKey, VerifyingKeys};

/// How much nicer the threads are to those that serve than those are to them: when both want a
/// core, a lookup goes first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The most threads that look up names at once.
const MAX_RESOLVERS: usize = 16;

/// The reason why the forwarder did not start.
#[derive(Debug, ThisError)]
pub(crate) enum OpenError {
    /// A key or a certificate that the settings name cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system refused the threads.
    #[error("cannot start the proxy threads")]
    Threads(#[source] io::Error),
}

impl SdkProxy {
    /// A forwarder with `threads` threads of its own; answers that it holds come from `budget`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if a key or a certificate cannot be used, or the system refuses the threads.
    pub(crate) fn start(
        settings: &Proxy,
        threads: usize,
        budget: &Arc<Budget>,
    ) -> Result<Self, OpenError> {
        let forwarder = Forwarder {
            customer_from: customer_from(settings, budget)?,
            upstream: upstream(settings, budget)?,
        };
        let priority = lower_priority();
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(MAX_RESOLVERS)
            .thread_name("proxy")
            .on_thread_start(move || give_way(priority))
            .enable_all()
            .build()
            .map_err(OpenError::Threads)?;
        Ok(Self {
            forwarder: Arc::new(forwarder),
            in_flight: Arc::new(Semaphore::new(settings.max_in_flight)),
            figures: Arc::default(),
            runtime: Some(runtime),
        })
    }
}

/// That of the proxy threads: lower than that of the thread that calls, whatever that is.
#[cfg(target_os = "linux")]
fn lower_priority() -> Option<i32> {
    let own = rustix::process::getpriority_process(None).ok()?;
    Some(own + NICENESS)
}

#[cfg(not(target_os = "linux"))]
const fn lower_priority() -> Option<i32> {
    None
}

/// Gives the thread that calls this priority. Some are started by others that have it already.
fn give_way(priority: Option<i32>) {
    // Of the thread alone on Linux; elsewhere it would be of the whole process.
    if let Some(priority) = priority
        && let Err(error) = rustix::process::setpriority_process(None, priority)
    {
        tracing::debug!(%error, "a proxy thread keeps its priority");
    }
}

fn upstream(settings: &Proxy, budget: &Arc<Budget>) -> Result<Upstream, OpenError> {
    let key = SigningKey::read(&settings.private_key_path, settings.key_version)
        .map_err(|error| unusable("proxy.private-key-path", error))?;
    let mut public_keys = VerifyingKeys::new();
    for (version, path) in &settings.public_keys {
        public_keys
            .read(*version, path)
            .map_err(|error| unusable(format!("proxy.public-keys.{version}"), error))?;
    }
    let roots = match &settings.ca_path {
        Some(path) => tls::roots_from_file(path),
        None => tls::platform_roots(),
    };
    let roots = roots.map_err(|error| unusable("proxy.ca-path", error))?;
    let config = match &settings.client_certificate {
        None => tls::client_config(roots),
        Some(files) => tls::client_config_with_certificate(roots, files)
            .map_err(|error| unusable("proxy.client-cert-path", error))?,
    };
    let url = settings.upstream.url_of(PATH);
    let connector = Connector::with_http2(config, settings.connect_timeout);
    let connections =
        Connections::new(connector, url, upstream::MAX_BODY_BYTES, Arc::clone(budget));
    Ok(Upstream::new(
        connections,
        settings.client_id.clone(),
        key,
        public_keys,
        settings.total_timeout,
    ))
}

fn customer_from(settings: &Proxy, budget: &Arc<Budget>) -> Result<CustomerFrom, OpenError> {
    let check = match &settings.customer_from {
        settings::CustomerFrom::Body => return Ok(CustomerFrom::Body),
        settings::CustomerFrom::Header => return Ok(CustomerFrom::Header),
        settings::CustomerFrom::LoginCheck(check) => check,
    };
    let url = check.url.uri().clone();
    let roots = match url.scheme_str() {
        Some("https") => {
            tls::platform_roots().map_err(|error| unusable("proxy.login-check-url", error))?
        }
        _ => RootCertStore::empty(),
    };
    let connector = Connector::new(tls::client_config(roots), check.timeout);
    let most = login_check::MAX_BODY_BYTES;
    let connections = Connections::new(connector, url, most, Arc::clone(budget));
    let check = LoginCheck::new(connections, check.headers.clone(), check.timeout);
    Ok(CustomerFrom::LoginCheck(Box::new(check)))
}

fn unusable(key: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> OpenError {
    SettingsError::unusable(key, cause).into()
}
