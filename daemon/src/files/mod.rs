//! Files: read within bounds, replaced durably, and watched.

pub(crate) mod durable_file;
pub mod regular_file;
pub(crate) mod watch;
