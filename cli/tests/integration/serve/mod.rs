//! The serving daemon over HTTP, and its settings.

pub(crate) mod activation;
pub(crate) mod client;
mod conformance;
mod connections;
pub(crate) mod daemon;
pub(crate) mod descriptors;
mod endpoints;
mod hostile;
mod inspection;
mod limits;
mod log;
mod not_files;
mod protocol;
mod real_clients;
mod rehearsal;
mod secret_files;
mod secrets;
pub(crate) mod service_manager;
mod settings;
mod shutdown;
mod slices;
mod slow_clients;
mod smuggling;
mod socket_access;
mod unix_socket;
mod url_secrets;
