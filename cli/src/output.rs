//! What a command writes: buffered, coloured on a terminal only, and cut short without a fuss.

use std::borrow::Cow;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};

/// Standard output: drops colours where it is no terminal or `NO_COLOR` is set.
pub(super) type Stdout = BufWriter<AutoStream<StdoutLock<'static>>>;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Standard output took no more.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// No daemon gave an answer that is understood, in one line for people.
    #[error("{0}")]
    Unanswered(String),
    /// Any other failure, as one line for people.
    #[error("{0}")]
    Message(String),
    /// The command has already said what is wrong.
    #[error("the command failed")]
    Shown,
}

/// The exit status where no daemon gave an answer that is understood.
const UNANSWERED: u8 = 3;

/// Runs `command` on standard output and tells the exit status.
///
/// A reader that goes away early (`| head`) has had what it wanted: that is no failure.
pub(super) fn run(command: impl FnOnce(&mut Stdout) -> Result<ExitCode, Failure>) -> ExitCode {
    let mut stdout = BufWriter::new(anstream::stdout().lock());
    let done = command(&mut stdout).and_then(|status| {
        stdout.flush()?;
        Ok(status)
    });
    finish(done)
}

/// The exit status for what a command came to; says on standard error what went wrong.
pub(super) fn finish(done: Result<ExitCode, Failure>) -> ExitCode {
    match done {
        Ok(status) => status,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Shown) => ExitCode::FAILURE,
        Err(failure) => {
            let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            let message = failure.to_string();
            // Where standard error is closed too, nobody is left to be told.
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

/// Text from outside as it may be shown to people: what could steer a terminal, or make text read
/// other than it is, is spelled out as `\u{…}`.
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

/// Controls, and the characters that turn the direction of writing.
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
    fn spells_out_what_steers_a_terminal() {
        assert_eq!(printable("plain, 漢字"), "plain, 漢字");
        assert_eq!(printable("a\x1b[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
    }
}
