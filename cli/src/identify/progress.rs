//! The progress bar of `codeid identify --file`.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar on standard error.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar if the length of the input is known, otherwise the bytes done so far.
    ///
    /// The bar is hidden if standard error is not a terminal, and if the responses go to a terminal
    /// themselves, where it would be in the way.
    pub(super) fn start(input_bytes: Option<u64>) -> Self {
        if !io::stderr().is_terminal() || io::stdout().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let (bar, template) = match input_bytes {
            Some(length) => (
                ProgressBar::new(length),
                "{bar:40} {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
            ),
            None => (
                ProgressBar::no_length(),
                "{spinner} {bytes}, {bytes_per_sec}, {elapsed}",
            ),
        };
        let style = ProgressStyle::with_template(template).expect("the template is a valid one");
        Self(bar.with_style(style))
    }

    /// Adds `bytes` of the input to those done.
    pub(super) fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
