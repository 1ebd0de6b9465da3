//! Whether the daemon is ready: a table is published, and it was not told to stop.

use codeid_engine::LiveTable;

use crate::shutdown::{Shutdown, Stage};

/// Whether requests should be sent here.
pub(crate) fn is_ready(live: &LiveTable, shutdown: &Shutdown) -> bool {
    !shutdown.reached(Stage::Drain) && live.with(|table| table.is_some())
}
