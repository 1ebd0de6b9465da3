//! The interfaces between a daemon and its sources and local storage.

use std::future::{Future, pending};
use std::pin::Pin;

use super::error::SourceError;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The places from which a daemon reads route configs, and where it saves them.
pub struct RouteSources {
    /// The source of level REMOTE, which is asked for the URI in `ac.route.pull-route-config-url`.
    /// Without that setting it is not used.
    pub remote: Option<Box<dyn RemoteSource>>,
    /// The source of level LOCAL.
    pub store: Box<dyn RouteStore>,
}

/// The source of level REMOTE.
pub trait RemoteSource: Send + Sync {
    /// Reads the route config at `uri`. `known` is the revision of the config that was activated
    /// last: a source that can compare revisions returns [`RemoteConfig::Unchanged`] instead of the
    /// same text again.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the source does not respond, or responds without a route config.
    ///
    /// # Cancel safety
    ///
    /// The call may be dropped at any await: the caller cuts off a pull that takes too long.
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>>;

    /// Completes when the route config has probably changed since the last read: it is then pulled
    /// at once rather than at its scheduled time. The default never completes, as for a source that
    /// cannot notice changes.
    ///
    /// # Cancel safety
    ///
    /// The call may be dropped when the daemon stops, or is started again after a panic.
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(pending())
    }
}

/// The local storage: the source of level LOCAL, where configs from the remote are saved.
pub trait RouteStore: Send + Sync {
    /// Saves a route config in place of the one before. After an error, the one before must still
    /// be there, whole.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is not certain that the config was saved.
    ///
    /// # Cancel safety
    ///
    /// The call may be dropped at any await, since the caller cuts off one that takes too long. As
    /// after an error, a whole config must be there afterwards.
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>>;

    /// Reads the route config that was saved last; `None` if none ever was.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the storage cannot be read.
    ///
    /// # Cancel safety
    ///
    /// The call may be dropped at any await: the caller cuts off one that takes too long.
    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>>;

    /// Removes the saved route config, so that the next read returns `None`, and returns `false` if none
    /// was saved. The default refuses: not every storage can forget.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is not certain that the config was removed.
    ///
    /// # Cancel safety
    ///
    /// The call may be dropped at any await: the caller cuts off one that takes too long.
    fn remove_route_config_from_local(&self) -> BoxFuture<'_, Result<bool, SourceError>> {
        Box::pin(async {
            let why = "this storage cannot forget a route config; remove the config in the storage itself";
            Err(SourceError::new(why))
        })
    }
}

/// The response of a remote source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteConfig {
    /// The route config is still of the revision that the caller knows.
    Unchanged,
    /// A route config.
    Config {
        /// The text, not validated; at most as many bytes as the source was set up to read.
        route_config_data: Vec<u8>,
        /// The revision to pass to the next read, if the source can compare revisions.
        revision: Option<Revision>,
    },
}

/// The revision of a route config: for HTTP the validators of the response. Only the source that
/// returned it interprets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// An entity tag or the like, compared for equality only.
    pub tag: Option<String>,
    /// The time of the last modification, in the source's own notation.
    pub modified: Option<String>,
}
