//! The sources of route configs, and the local storage where the last good config is saved.
//!
//! Both are traits, so that a program that embeds codeid can bring its own. They carry text and do
//! not know rules: their caller decides whether a config is valid.
//!
//! Source: SPEC.md, section 3.

pub(crate) mod by_scheme;
pub(crate) mod callback;
mod error;
mod file;
mod file_store;
mod http;
pub(crate) mod pull;
mod redirect;
#[cfg(test)]
mod tests;
mod traits;

pub use self::error::SourceError;
pub use self::traits::{BoxFuture, RemoteConfig, RemoteSource, Revision, RouteSources, RouteStore};
