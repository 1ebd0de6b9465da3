//! Whether the daemon is ready: a table is published that is not too old, and it was not told to
//! stop.

use crate::rules::status::Board;
use crate::shutdown::{Shutdown, Stage};

/// Whether requests should be sent here.
pub(crate) fn is_ready(board: &Board, shutdown: &Shutdown) -> bool {
    !shutdown.reached(Stage::Drain) && board.is_fit_to_serve()
}
