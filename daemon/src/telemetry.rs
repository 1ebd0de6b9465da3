//! Logs: events on standard error, for people or as JSON.
//!
//! No event tells a code value, an openId, or anything else of a request. That holds for panics,
//! too, whose messages can quote the text that was worked on: only their place is logged. Events of
//! libraries are not logged at all: h2 has some that tell headers.

use std::io;
use std::panic::PanicHookInfo;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use crate::settings::Log;

/// Begins to log, once for the process; a second call changes nothing.
pub(crate) fn start(log: Log) {
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), log.level);
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(log.level)
        .with_writer(io::stderr)
        .with_target(false);
    let begun = if log.json {
        let json = subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false);
        tracing::subscriber::set_global_default(json.with_span_list(false).finish().with(ours))
    } else {
        let ansi = io::IsTerminal::is_terminal(&io::stderr());
        tracing::subscriber::set_global_default(subscriber.with_ansi(ansi).finish().with(ours))
    };
    if begun.is_ok() {
        std::panic::set_hook(Box::new(log_place_of_panic));
    }
}

fn log_place_of_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or_default(), "panic");
}
