//! The output of commands: buffered, coloured on a terminal only, and safe to cut short.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use codeid_daemon::error_chain::ErrorChain;

/// Standard output; colours are dropped if it is not a terminal or `NO_COLOR` is set.
pub(super) type Stdout = BufWriter<AutoStream<StdoutLock<'static>>>;

/// The reason why a command failed. The causes are in `source` alone.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Standard output cannot be written.
    #[error("standard output cannot be written")]
    Output(#[from] io::Error),
    /// No daemon gave a valid response.
    #[error(transparent)]
    Unanswered(Box<dyn Error + Send + Sync>),
    /// The terminal cannot be taken over or drawn on.
    #[cfg(feature = "top")]
    #[error("cannot use the terminal")]
    Terminal(#[source] io::Error),
    /// The runtime that waits for connections and signals cannot be made.
    #[cfg(feature = "mock-gateway")]
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    /// Signals would not be noticed.
    #[cfg(any(feature = "bench", feature = "top", feature = "mock-gateway"))]
    #[error("cannot install signal handlers")]
    Signals(#[source] io::Error),
    /// Any other failure.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
    /// A failure that the command has already reported.
    #[error("the command failed")]
    Shown,
}

impl Failure {
    /// Returns the failure whose reason is `error`. A text is a reason without a cause.
    pub(super) fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }
}

/// The exit status after a second signal: 130, as after SIGINT, whichever signal it was.
#[cfg(any(feature = "bench", feature = "top"))]
pub(super) const INTERRUPTED: i32 = 130;

/// The exit status if no daemon gave a valid response.
const UNANSWERED: u8 = 3;

/// Runs `command` with standard output, and returns the exit status.
///
/// A reader that stops early (`| head`) is not a failure: it has read what it wanted.
pub(super) fn run(command: impl FnOnce(&mut Stdout) -> Result<ExitCode, Failure>) -> ExitCode {
    let mut stdout = BufWriter::new(anstream::stdout().lock());
    let done = command(&mut stdout).and_then(|status| {
        stdout.flush()?;
        Ok(status)
    });
    finish(done)
}

/// Returns the exit status for the result of a command; reports a failure on standard error.
pub(super) fn finish(done: Result<ExitCode, Failure>) -> ExitCode {
    match done {
        Ok(status) => status,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Shown) => ExitCode::FAILURE,
        Err(failure) => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            let message = ErrorChain(&failure).to_string();
            // If standard error is closed too, the exit status is all that remains.
            let _ = writeln!(
                anstream::stderr(),
                "{red}error:{red:#} {}",
                printable(&message)
            );
            match failure {
                Failure::Unanswered(_) => ExitCode::from(UNANSWERED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Makes untrusted text safe to show: characters that could control a terminal or disguise the text
/// are escaped as `\u{…}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if misleads(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Returns `true` for control characters and those that change the direction of writing.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn characters_that_control_a_terminal_are_escaped() {
        assert_eq!(printable("plain, 漢字"), "plain, 漢字");
        assert_eq!(printable("a\x1b[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
    }
}
