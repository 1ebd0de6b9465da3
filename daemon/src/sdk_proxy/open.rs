//! Opens the forwarder that the settings describe: reads keys, loads certificates, starts threads.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use tokio::runtime::Builder;

use super::connections::Connections;
use super::customer::CustomerFrom;
use super::forwarder::{Forwarder, SdkProxy};
use super::login_check::{self, LoginCheck};
use super::request::PATH;
use super::upstream::{self, Upstream};
use crate::budget::Budget;
use crate::certified_key::Pair;
use crate::clock::Clock;
use crate::outbound::connector::Connector;
use crate::outbound::proxy::Proxy;
use crate::outbound::tls;
use crate::settings::{self, KeyVersion, SettingsError};
use crate::signature::{SigningKey, VerifyingKeys};
use crate::uri::shown_path;

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
            forwards_trace: settings.forward_traceparent,
            budget: Arc::clone(budget),
        })
    }
}

/// A file, or another thing, that forwarding needs.
pub(crate) struct Needed {
    /// The kind of the thing.
    pub(crate) kind: NeededKind,
    /// The setting that names the thing, and its value as it may be shown.
    pub(crate) shown: String,
    /// The time after which a certificate is not valid, if the thing is one and has such a time; or the error
    /// because of which the start would fail.
    pub(crate) usable: Result<Option<SystemTime>, SettingsError>,
}

/// The kinds of things that forwarding needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NeededKind {
    /// A key that signs or verifies.
    Key,
    /// A certificate with its key, or the authorities to trust.
    Certificate,
    /// The way to another server.
    Call,
}

/// Reads everything that the start of a forwarder reads, and returns what became of each thing. Nothing is
/// started or called.
pub(crate) fn rehearse(settings: &settings::Proxy, budget: &Arc<Budget>) -> Vec<Needed> {
    let mut needed = Vec::new();
    let mut add = |kind, shown, usable| {
        needed.push(Needed {
            kind,
            shown,
            usable,
        });
    };
    let shown = |key: &str, path: &Path| format!("{key} {}", shown_path(path));
    let key = signing_key(settings).map(|_| None);
    let path = &settings.private_key_path;
    add(NeededKind::Key, shown("proxy.private-key-path", path), key);
    for (version, path) in &settings.public_keys {
        let key = add_public_key(&mut VerifyingKeys::new(), *version, path).map(|()| None);
        let shown = shown(&format!("proxy.public-keys.{version}"), path);
        add(NeededKind::Key, shown, key);
    }
    let authorities = match &settings.ca_path {
        Some(path) => shown("proxy.ca-path", path),
        None => "the authorities that the platform trusts, for proxy.upstream-url".to_owned(),
    };
    let usable = roots(settings).map(|_| None);
    add(NeededKind::Certificate, authorities, usable);
    if let Some(files) = &settings.client_certificate {
        let shown = shown("proxy.client-cert-path", &files.cert_path);
        let usable = client_certificate(settings).map(|own| own?.not_after);
        add(
            NeededKind::Certificate,
            format!("{shown}, with its key"),
            usable,
        );
    }
    let usable = upstream_proxy(settings).map(|_| None);
    add(
        NeededKind::Call,
        "proxy.upstream-url: not called".to_owned(),
        usable,
    );
    let usable = customer_from(settings, budget).map(|_| None);
    add(NeededKind::Call, "proxy.customer-from".to_owned(), usable);
    needed
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
    let key = signing_key(settings)?;
    let mut public_keys = VerifyingKeys::new();
    for (version, path) in &settings.public_keys {
        add_public_key(&mut public_keys, *version, path)?;
    }
    let roots = roots(settings)?;
    let config = match client_certificate(settings)? {
        None => tls::client_config(roots),
        Some(own) => tls::client_config_with_certificate(roots, own),
    };
    let url = settings.upstream.url_of(PATH);
    let proxy = upstream_proxy(settings)?;
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

fn signing_key(settings: &settings::Proxy) -> Result<SigningKey, SettingsError> {
    SigningKey::read(
        &settings.private_key_path,
        settings.key_version,
        &settings.secrets,
    )
    .map_err(|error| unusable("proxy.private-key-path", error))
}

fn add_public_key(
    keys: &mut VerifyingKeys,
    version: KeyVersion,
    path: &Path,
) -> Result<(), SettingsError> {
    keys.read(version, path)
        .map_err(|error| unusable(format!("proxy.public-keys.{version}"), error))
}

fn roots(settings: &settings::Proxy) -> Result<RootCertStore, SettingsError> {
    let roots = match &settings.ca_path {
        Some(path) => tls::roots_from_file(path),
        None => tls::platform_roots(),
    };
    roots.map_err(|error| unusable("proxy.ca-path", error))
}

/// Reads the certificate that is shown to the upstream; `None` without one.
fn client_certificate(settings: &settings::Proxy) -> Result<Option<Pair>, SettingsError> {
    let files = settings.client_certificate.as_ref();
    let own = files.map(tls::client_certificate).transpose();
    own.map_err(|error| unusable("proxy.client-cert-path", error))
}

fn upstream_proxy(settings: &settings::Proxy) -> Result<Option<Proxy>, SettingsError> {
    let url = settings.upstream.url_of(PATH);
    Proxy::for_calls("proxy.upstream-url", &url, &settings.outbound)
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
