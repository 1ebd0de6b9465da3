//! Logs: events on standard error, for people or as JSON.
//!
//! No event tells a code value, an openId, or anything else of a request. That holds for panics,
//! too, whose messages can quote the text that was worked on: only their place is logged. Events of
//! libraries are not logged at all: h2 has some that tell headers.

use std::io;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;

use crate::settings::Log;
use crate::sync::Mutex;

/// Sets the level of what is logged, and tells whether that was done.
type SetLevel = Box<dyn Fn(LevelFilter) -> bool + Send + Sync>;

static SET_LEVEL: OnceLock<SetLevel> = OnceLock::new();

static LEVEL: Mutex<LevelFilter> = Mutex::new(LevelFilter::OFF);

/// Begins to log, once for the process; a second call changes nothing.
pub fn start(log: Log) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(io::stderr)
        .with_target(false);
    let begun = if log.json {
        let json = subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false);
        let (ours, handle) = reload::Layer::new(ours(log.level));
        let json = json.with_span_list(false).finish().with(ours);
        tracing::subscriber::set_global_default(json).map(|()| remember(handle))
    } else {
        let ansi = io::IsTerminal::is_terminal(&io::stderr());
        let (ours, handle) = reload::Layer::new(ours(log.level));
        let human = subscriber.with_ansi(ansi).finish().with(ours);
        tracing::subscriber::set_global_default(human).map(|()| remember(handle))
    };
    if begun.is_ok() {
        set_level(log.level);
        std::panic::set_hook(Box::new(log_place_of_panic));
    }
}

/// The level of what is logged.
pub(crate) fn level() -> LevelFilter {
    *LEVEL.lock()
}

/// Logs from now on what is of this level or more severe. Tells whether it does.
pub(crate) fn set_level(level: LevelFilter) -> bool {
    let done = SET_LEVEL.get().is_some_and(|set| set(level));
    if done {
        *LEVEL.lock() = level;
    }
    done
}

fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level)
}

fn remember<S: 'static>(handle: reload::Handle<Targets, S>) {
    // It is called once, by whoever began to log.
    let _ = SET_LEVEL.set(Box::new(move |level| handle.reload(ours(level)).is_ok()));
}

fn log_place_of_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or_default(), "panic");
}
