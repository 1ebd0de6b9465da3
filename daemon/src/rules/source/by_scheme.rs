//! Opens the remote source and the route store that the settings name, by the scheme of the URI.

use std::error::Error;

use rustls::RootCertStore;

use super::callback::Callback;
use super::file::FileSource;
use super::file_store::FileStore;
use super::http::HttpSource;
use super::traits::{RemoteSource, RouteSources, RouteStore};
use crate::host::Host;
use crate::outbound::http_client::HttpClient;
use crate::outbound::proxy::Proxy;
use crate::outbound::tls;
use crate::settings::{Location, Settings, SettingsError};
use crate::uri;
use crate::url::{self, UrlError};

const REMOTE_KEY: &str = "ac.route.pull-route-config-url";
const STORE_KEY: &str = "ac.route.save-route-config-path";
const CA_KEY: &str = "remote.ca-path";

/// The rest of a sentence that begins with the key of a URL.
const TOKEN_IN_THE_CLEAR: &str = "must be an https URL, or an http URL of localhost or of a loopback \
    address, since remote.bearer-token-path is set: other machines would see the token";

/// The rest of a sentence that begins with the key of a URL with a user.
const USER: &str = "names a user, which is not sent; name a token with remote.bearer-token-path";

/// The prefix of the `http` or `https` in a callback's URL.
const CALLBACK: &str = "callback+";

/// The most bytes of a response, unless longer route configs are allowed.
const MAX_BODY_BYTES: usize = 1 << 20;

impl RouteSources {
    /// Opens the sources that the settings name.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if a URI names no source, or a setting that its source needs is wrong.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let remote = settings.route.pull_url.as_ref().map(Location::as_str);
        Ok(Self {
            remote: remote.map(|uri| remote_source(uri, settings)).transpose()?,
            store: route_store(settings.route.save_path.as_str(), settings)?,
        })
    }
}

/// Opens those sources that the settings name and that can be opened, and returns them with the errors of the
/// others, of which at most one is for each key. A store that cannot be opened is replaced by one that is empty.
pub(crate) fn open_each(settings: &Settings) -> (RouteSources, Vec<SettingsError>) {
    let mut errors = Vec::new();
    let remote = settings.route.pull_url.as_ref().map(Location::as_str);
    let remote = remote.map(|uri| remote_source(uri, settings)).transpose();
    let remote = remote.unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let store = route_store(settings.route.save_path.as_str(), settings);
    let store = store.unwrap_or_else(|error| {
        errors.push(error);
        // No file has an empty path.
        Box::new(FileStore::new("", 0))
    });
    (RouteSources { remote, store }, errors)
}

/// Opens the remote source at `uri`, the value of `ac.route.pull-route-config-url`. Reads the roots
/// of TLS, and connects to nothing yet.
///
/// # Errors
///
/// [`SettingsError`] if no source supports such a URI, or a setting that the source needs is wrong.
pub(crate) fn remote_source(
    uri: &str,
    settings: &Settings,
) -> Result<Box<dyn RemoteSource>, SettingsError> {
    match uri::scheme(uri).as_deref() {
        Some("http" | "https") => {
            let (client, _) = http_client(REMOTE_KEY, uri, settings)?;
            Ok(Box::new(HttpSource::new(client)))
        }
        Some("callback+http" | "callback+https") => {
            Ok(Box::new(callback(REMOTE_KEY, uri, settings)?))
        }
        Some("file") => FileSource::new(uri, longest_config(settings), &settings.watch)
            .map(|source| Box::new(source) as Box<dyn RemoteSource>)
            .map_err(|error| unusable(REMOTE_KEY, error)),
        _ => Err(problem(
            REMOTE_KEY,
            "must begin with https://, http://, file://, callback+https:// or callback+http://",
        )),
    }
}

/// Opens the route store at `location`, the value of `ac.route.save-route-config-path`.
///
/// # Errors
///
/// [`SettingsError`], as for [`remote_source`].
pub(crate) fn route_store(
    location: &str,
    settings: &Settings,
) -> Result<Box<dyn RouteStore>, SettingsError> {
    match uri::scheme(location).as_deref() {
        Some("callback+http" | "callback+https") => {
            Ok(Box::new(callback(STORE_KEY, location, settings)?))
        }
        None => Ok(Box::new(FileStore::new(location, longest_config(settings)))),
        _ => Err(problem(
            STORE_KEY,
            "must be a path or begin with callback+https:// or callback+http://",
        )),
    }
}

fn callback(key: &'static str, uri: &str, settings: &Settings) -> Result<Callback, SettingsError> {
    let (client, url) = http_client(key, uri.get(CALLBACK.len()..).unwrap_or_default(), settings)?;
    Ok(Callback::new(client, url))
}

/// Returns a client for `url`, the value of `key`, and the parsed URL.
fn http_client(
    key: &'static str,
    url: &str,
    settings: &Settings,
) -> Result<(HttpClient, hyper::Uri), SettingsError> {
    let url = url::parse(url).map_err(|error| match error {
        UrlError::User => problem(key, USER),
        error => unusable(key, error),
    })?;
    let is_https = url.scheme_str() == Some("https");
    if !is_https && settings.remote.bearer_token_path.is_some() && !is_loopback(&url) {
        return Err(problem(key, TOKEN_IN_THE_CLEAR));
    }
    let roots = match &settings.remote.ca_path {
        Some(path) => tls::roots_from_file(path).map_err(|error| unusable(CA_KEY, error))?,
        None if is_https => tls::platform_roots().map_err(|error| {
            SettingsError::invalid_because(CA_KEY, "must name the certificates to trust", error)
        })?,
        // No redirect from http to https is followed.
        None => RootCertStore::empty(),
    };
    let client = HttpClient::new(
        &settings.remote,
        tls::client_config(roots),
        Proxy::for_calls(key, &url, &settings.remote.outbound)?,
        longest_config(settings).max(MAX_BODY_BYTES),
    );
    Ok((client, url))
}

/// Returns the number of bytes that the longest allowed route config can take in UTF-8.
fn longest_config(settings: &Settings) -> usize {
    settings.compile.max_config_characters.saturating_mul(4)
}

fn is_loopback(url: &hyper::Uri) -> bool {
    let host = url.host().unwrap_or_default().parse::<Host>();
    host.is_ok_and(|host| host.is_loopback())
}

/// Returns an error about the value of `key`, which is not shown: it may contain secrets.
fn problem(key: &'static str, predicate: &'static str) -> SettingsError {
    SettingsError::invalid(key, predicate)
}

/// Returns the error about a value of `key` that is refused because of `source`, which shows no
/// secret.
fn unusable(key: &'static str, source: impl Error + Send + Sync + 'static) -> SettingsError {
    SettingsError::invalid_because(key, "is not usable", source)
}
