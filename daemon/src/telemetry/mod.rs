//! The log: events on standard error, for people or as JSON.
//!
//! No event shows a code value, an openId, or any other content of a request. The same holds for
//! panics, whose messages can quote the text that was being processed: only their place is logged.
//! Events of libraries are not logged at all, since some of h2's show headers.
//!
//! A line that a request causes names the trace that the request belongs to, as the field of a span.
//!
//! Logging never waits for standard error and cannot fail:
//!
//! ```text
//! event ─▶ level ─▶ throttle ─▶ queue ─▶ writer (a thread) ─▶ standard error
//! ```

mod queue;
mod throttle;
mod writer;

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;

use self::queue::LogQueue;
use self::throttle::Throttle;
use self::writer::Writer;
use crate::api::log_level::LogLevel;
use crate::settings::{Log, LogFormat};
use crate::sync::Mutex;

/// The time that the end of the process waits for lines that standard error does not take.
const FLUSH_PATIENCE: Duration = Duration::from_millis(500);

/// The log, once it has begun. Process-wide, because the subscriber and the panic hook that it belongs
/// to are.
static LOG: OnceLock<Running> = OnceLock::new();

/// Filters events by a level, and returns `true` if that was possible.
type SetFilter = Box<dyn Fn(LogLevel) -> bool + Send + Sync>;

struct Running {
    level: Mutex<LogLevel>,
    set_filter: SetFilter,
    writer: Arc<Writer>,
}

/// The number of lines that are missing from the log, and of faults of its writer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogFigures {
    /// Lines that had no room in the queue, or could not be written.
    pub(crate) dropped: u64,
    /// Restarts of the thread that writes the log.
    pub(crate) restarts: u64,
}

/// Begins to log, once for the process; a second call changes nothing.
///
/// # Errors
///
/// An [`io::Error`] if the thread that writes the log cannot be started.
pub fn start(log: Log) -> io::Result<()> {
    if LOG.get().is_some() {
        return Ok(());
    }
    let queue = Arc::new(LogQueue::default());
    let throttle = Throttle::new(Arc::clone(&queue));
    let writer = Writer::start(Arc::clone(&queue), throttle.clone())?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(queue)
        .log_internal_errors(false)
        .with_target(false);
    let (set_filter, begun) = match log.format {
        LogFormat::Json => {
            let json = subscriber
                .json()
                .flatten_event(true)
                .with_current_span(true);
            let (layer, handle) = reload::Layer::new(ours(log.level));
            let json = json
                .with_span_list(false)
                .finish()
                .with(throttle)
                .with(layer);
            (
                set_filter_by(handle),
                tracing::subscriber::set_global_default(json),
            )
        }
        LogFormat::Human => {
            let ansi = io::IsTerminal::is_terminal(&io::stderr());
            let (layer, handle) = reload::Layer::new(ours(log.level));
            let human = subscriber
                .with_ansi(ansi)
                .finish()
                .with(throttle)
                .with(layer);
            (
                set_filter_by(handle),
                tracing::subscriber::set_global_default(human),
            )
        }
    };
    if begun.is_ok() {
        // Only the first call gets here.
        LOG.get_or_init(|| Running {
            level: Mutex::new(log.level),
            set_filter,
            writer,
        });
        std::panic::set_hook(Box::new(log_place_of_panic));
    }
    Ok(())
}

/// Writes `line` to standard error after all lines of the log, whether the log has begun or not. Waits
/// for half a second at most if standard error does not take it.
pub fn finish(line: Option<&str>) {
    let Some(log) = LOG.get() else {
        if let Some(line) = line {
            // If standard error is closed, the exit status is all that remains.
            let _ = writeln!(io::stderr(), "{line}");
        }
        return;
    };
    if let Some(line) = line {
        log.writer.queue.push(format!("{line}\n").as_bytes());
    }
    log.writer.queue.flush(FLUSH_PATIENCE);
}

/// Returns the figures of the log; all zero while it has not begun.
pub(crate) fn figures() -> LogFigures {
    LOG.get()
        .map_or_else(LogFigures::default, |log| LogFigures {
            dropped: log.writer.queue.dropped(),
            restarts: log.writer.restarts(),
        })
}

/// Returns the level of the log; that of errors while it has not begun.
pub(crate) fn level() -> LogLevel {
    LOG.get().map_or(LogLevel::Error, |log| *log.level.lock())
}

/// Logs events of `level` and those that are more severe from now on. Returns `false` if that was not
/// possible, and the level has not changed.
pub(crate) fn set_level(new: LogLevel) -> bool {
    LOG.get().is_some_and(|log| {
        let mut current = log.level.lock();
        let done = (log.set_filter)(new);
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
