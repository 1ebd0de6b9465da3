//! Ctrl-C: ends the measurement, not the program.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// The exit status that a shell reports for a program ended by SIGINT.
const STATUS: i32 = 130;

/// Returns a flag that SIGINT and SIGTERM set. The second signal ends the program at once.
pub(super) fn watch() -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let cannot = |error| format!("cannot watch for signals: {error}");
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(cannot)?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        let watched = |kind| signal(kind).map_err(cannot);
        (
            watched(SignalKind::interrupt())?,
            watched(SignalKind::terminate())?,
        )
    };
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if flag.swap(true, Ordering::Relaxed) {
                    process::exit(STATUS);
                }
            }
        });
    });
    Ok(stop)
}
