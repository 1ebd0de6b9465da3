//! Where route configs come from, and where the last good one is kept.
//!
//! Both are traits, so that a program that embeds codeid can bring its own. They carry text and
//! know nothing of rules: whether a config is valid is decided by whoever reads it.
//!
//! Source: SPEC.md, section 3.

mod callback;
mod file;
mod file_store;
mod http;
pub(crate) mod open;
mod redirect;
#[cfg(test)]
mod tests;
pub(crate) mod uri;

use std::future::{Future, pending};
use std::pin::Pin;

use thiserror::Error;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a daemon reads route configs, and where it keeps them.
pub struct RouteSources {
    /// The source of level REMOTE, asked for what `ac.route.pull-route-config-url` names. There is
    /// none without that setting, either.
    pub remote: Option<Box<dyn RemoteSource>>,
    /// The source of level LOCAL.
    pub store: Box<dyn RouteStore>,
}

/// The source of level REMOTE.
pub trait RemoteSource: Send + Sync {
    /// Reads the route config at `uri`. With `known`, the revision of what was activated last, a
    /// source that can tell answers [`RemoteConfig::Unchanged`] instead of the same text again.
    ///
    /// A call may be dropped at any await: the caller cuts off a pull that takes too long.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if there is no answer, or none with a route config.
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>>;

    /// Completes when the route config has probably changed since the last read: it is then pulled
    /// at once rather than at the next turn of the schedule. A source that cannot tell never
    /// completes, which is what this does by default.
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(pending())
    }
}

/// The local storage: the source of level LOCAL, and where what the remote gave is kept.
pub trait RouteStore: Send + Sync {
    /// Keeps a route config in the place of the one before. After an error the one before must
    /// still be there, whole.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is not certain that the config was kept.
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>>;

    /// Reads the route config that was kept last; `None` if none ever was.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the storage cannot be read.
    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>>;
}

/// What a remote source answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteConfig {
    /// The route config still is of the revision that the caller knows.
    Unchanged,
    /// A route config.
    Config {
        /// Its text, at most as many bytes as the source was told to read; not validated.
        route_config_data: Vec<u8>,
        /// What to ask with the next time, if the source can tell revisions apart.
        revision: Option<Revision>,
    },
}

/// Which revision of the route config a remote source gave: for HTTP the validators of the answer.
/// Only the source itself looks inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// An entity tag or the like, compared for equality only.
    pub tag: Option<String>,
    /// When it was modified last, in the source's own notation.
    pub modified: Option<String>,
}

/// Why a source or store did not do what it was asked: one sentence for people, without a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SourceError(String);

impl SourceError {
    /// An error for the reason `why`, which becomes part of log lines and of the status.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
