//! The value of a key, in the type that the key has.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::value::Value;
use super::{Effective, Tls};

/// Typed access by name; the names and types are those of [`super::keys::KEYS`].
pub(super) struct Values<'a>(pub(super) &'a [Effective]);

impl Values<'_> {
    fn find(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|e| e.name == name)
            .and_then(|e| e.value.as_ref())
    }

    pub(super) fn integer(&self, name: &str) -> u64 {
        match self.find(name) {
            Some(Value::Integer(number)) => *number,
            _ => unreachable!("{name} is an integer with a default"),
        }
    }

    pub(super) fn count(&self, name: &str) -> usize {
        usize::try_from(self.integer(name)).expect("the bounds of the keys fit the address space")
    }

    pub(super) fn milliseconds(&self, name: &str) -> Duration {
        Duration::from_millis(self.integer(name))
    }

    pub(super) fn mode(&self, name: &str) -> u32 {
        match self.find(name) {
            Some(Value::Mode(mode)) => *mode,
            _ => unreachable!("{name} is a mode with a default"),
        }
    }

    pub(super) fn address(&self, name: &str) -> Option<SocketAddr> {
        match self.find(name) {
            Some(Value::Address(address)) => *address,
            _ => None,
        }
    }

    pub(super) fn socket(&self, name: &str) -> Option<PathBuf> {
        match self.find(name) {
            Some(Value::Socket(path)) => path.clone(),
            _ => None,
        }
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// The certificate of a table, if both of its files are given.
    pub(super) fn tls(&self, table: &'static str) -> Option<Tls> {
        let file = |name| self.path(&format!("{table}.{name}"));
        Some(Tls {
            table,
            cert_path: file("tls-cert-path")?,
            key_path: file("tls-key-path")?,
        })
    }

    pub(super) fn list(&self, name: &str) -> &[String] {
        match self.find(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.find(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}
