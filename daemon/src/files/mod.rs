//! Files: read within limits, replaced durably, and watched for changes.

pub(crate) mod durable_file;
pub mod regular_file;
pub(crate) mod watch;
