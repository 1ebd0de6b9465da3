//! Opens the forwarder that the settings describe: reads keys, loads certificates, starts threads.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::RootCertStore;
use tokio::runtime::Builder;

use super::connections::Connections;
use super::customer::CustomerFrom;
use super::forwarder::{Forwarder, SdkProxy};
use super::login_check::{self, LoginCheck};
use super::request::PATH;
use super::upstream::{self, Upstream};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::outbound::connector::Connector;
use crate::outbound::proxy::Proxy;
use crate::outbound::tls;
use crate::settings::{self, SettingsError};
use crate::signature::{SigningKey, VerifyingKeys};

/// The difference in nice value to the serving threads: when both want a core, a lookup goes first.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The most threads that look up host names at once.
const MAX_RESOLVERS: usize = 16;

/// The reason why the forwarder was not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// A key or a certificate cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system refused the threads.
    #[error("cannot start the proxy threads")]
    Threads(#[source] io::Error),
}

impl SdkProxy {
    /// Opens a forwarder with `threads` threads of its own. Large responses take their room from
    /// `budget`, and `clock` gives the `Request-Time`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if a key or a certificate cannot be used, or the system refuses the threads.
    pub(crate) fn open(
        settings: &settings::Proxy,
        threads: usize,
        budget: &Arc<Budget>,
        clock: &Clock,
    ) -> Result<Self, OpenError> {
        let forwarder = Forwarder::from_settings(settings, budget, clock)?;
        let priority = lower_priority();
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(MAX_RESOLVERS)
            .thread_name("proxy")
            .on_thread_start(move || give_way(priority))
            .enable_all()
            .build()
            .map_err(OpenError::Threads)?;
        Ok(Self::new(forwarder, settings.max_in_flight, runtime))
    }
}

impl Forwarder {
    /// Returns the forwarder that `settings` describe, whose bodies count against `budget`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for the first setting that names a thing which cannot be used, such as a key file.
    pub(super) fn from_settings(
        settings: &settings::Proxy,
        budget: &Arc<Budget>,
        clock: &Clock,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            customer_from: customer_from(settings, budget)?,
            upstream: upstream(settings, budget, clock.clone())?,
            total_timeout: settings.total_timeout,
            budget: Arc::clone(budget),
        })
    }
}

/// Returns the nice value of the proxy threads: worse than that of the calling thread.
#[cfg(target_os = "linux")]
fn lower_priority() -> Option<i32> {
    let own = rustix::process::getpriority_process(None).ok()?;
    Some(own + NICENESS)
}

#[cfg(not(target_os = "linux"))]
const fn lower_priority() -> Option<i32> {
    None
}

/// Sets the nice value of the calling thread. It is absolute, since a thread that another proxy thread
/// starts has inherited it already.
fn give_way(priority: Option<i32>) {
    // On Linux this is the thread's alone; elsewhere it would be the whole process's.
    if let Some(priority) = priority
        && let Err(error) = rustix::process::setpriority_process(None, priority)
    {
        tracing::debug!(%error, "a proxy thread keeps its priority");
    }
}

fn upstream(
    settings: &settings::Proxy,
    budget: &Arc<Budget>,
    clock: Clock,
) -> Result<Upstream, SettingsError> {
    let key = SigningKey::read(
        &settings.private_key_path,
        settings.key_version,
        &settings.secrets,
    )
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
    let proxy = Proxy::for_calls("proxy.upstream-url", &url, &settings.outbound)?;
    let connector = Connector::with_http2(config, settings.connect_timeout, proxy);
    let connections =
        Connections::new(connector, url, upstream::MAX_BODY_BYTES, Arc::clone(budget));
    Ok(Upstream::new(
        connections,
        settings.client_id.clone(),
        key,
        public_keys,
        clock,
    ))
}

fn customer_from(
    settings: &settings::Proxy,
    budget: &Arc<Budget>,
) -> Result<CustomerFrom, SettingsError> {
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
    let proxy = Proxy::for_calls("proxy.login-check-url", &url, &settings.outbound)?;
    let connector = Connector::new(tls::client_config(roots), check.timeout, proxy);
    let max_bytes = login_check::MAX_BODY_BYTES;
    let connections = Connections::new(connector, url, max_bytes, Arc::clone(budget));
    let check = LoginCheck::new(connections, check.headers.clone(), check.timeout);
    Ok(CustomerFrom::LoginCheck(Box::new(check)))
}

fn unusable(
    key: impl Into<String>,
    cause: impl Into<Box<dyn Error + Send + Sync>>,
) -> SettingsError {
    SettingsError::unusable(key, cause)
}
