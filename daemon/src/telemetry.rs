//! The log: events on standard error, for people or as JSON.
//!
//! No event shows a code value, an openId, or any other content of a request. The same holds for
//! panics, whose messages can quote the text that was being processed: only their place is logged.
//! Events of libraries are not logged at all, since some of h2's show headers.

use std::io;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;

use crate::api::log_level::LogLevel;
use crate::settings::{Log, LogFormat};
use crate::sync::Mutex;

/// The level of the log, once it has begun. Process-wide, because the subscriber and the panic hook
/// that it belongs to are.
static LEVEL: OnceLock<Level> = OnceLock::new();

/// Filters events by a level, and returns `true` if that was possible.
type SetFilter = Box<dyn Fn(LogLevel) -> bool + Send + Sync>;

struct Level {
    current: Mutex<LogLevel>,
    set_filter: SetFilter,
}

/// Begins to log, once for the process; a second call changes nothing.
pub fn start(log: Log) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(io::stderr)
        .with_target(false);
    let (set_filter, begun) = match log.format {
        LogFormat::Json => {
            let json = subscriber
                .json()
                .flatten_event(true)
                .with_current_span(false);
            let (layer, handle) = reload::Layer::new(ours(log.level));
            let json = json.with_span_list(false).finish().with(layer);
            (
                set_filter_by(handle),
                tracing::subscriber::set_global_default(json),
            )
        }
        LogFormat::Human => {
            let ansi = io::IsTerminal::is_terminal(&io::stderr());
            let (layer, handle) = reload::Layer::new(ours(log.level));
            let human = subscriber.with_ansi(ansi).finish().with(layer);
            (
                set_filter_by(handle),
                tracing::subscriber::set_global_default(human),
            )
        }
    };
    if begun.is_ok() {
        // Only the first call gets here.
        LEVEL.get_or_init(|| Level {
            current: Mutex::new(log.level),
            set_filter,
        });
        std::panic::set_hook(Box::new(log_place_of_panic));
    }
}

/// Returns the level of the log; that of errors while it has not begun.
pub(crate) fn level() -> LogLevel {
    LEVEL
        .get()
        .map_or(LogLevel::Error, |level| *level.current.lock())
}

/// Logs events of `level` and those that are more severe from now on. Returns `false` if that was not
/// possible, and the level has not changed.
pub(crate) fn set_level(new: LogLevel) -> bool {
    LEVEL.get().is_some_and(|level| {
        let mut current = level.current.lock();
        let done = (level.set_filter)(new);
        if done {
            *current = new;
        }
        done
    })
}

fn set_filter_by<S: 'static>(handle: reload::Handle<Targets, S>) -> SetFilter {
    Box::new(move |level| handle.reload(ours(level)).is_ok())
}

/// Admits the events of this crate, down to `level`.
fn ours(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level)
}

fn log_place_of_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(String::new, ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(place, thread = thread.name().unwrap_or_default(), "panic");
}
