//! Files: read within limits, checked for who may use them, replaced durably, and watched for changes.

pub(crate) mod durable_file;
pub mod group;
pub mod regular_file;
pub mod secret_file;
pub(crate) mod watch;
