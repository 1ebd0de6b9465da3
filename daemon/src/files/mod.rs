//! Files: checked for who may have access to them, replaced durably, and watched for changes.

pub(crate) mod directory;
pub(crate) mod durable_file;
pub mod group;
pub mod secret_file;
pub(crate) mod watch;
