//! The terminal, which is taken over while the view is shown and restored however the view ends.

use std::process::ExitCode;

use codeid_daemon::uri::shown_path;
use ratatui::DefaultTerminal;

use super::keys;
use super::reading::Reader;
use super::screen;
use super::updates::{self, Update};
use super::view::View;
use crate::output::Failure;

/// Shows the daemon until a key or a signal ends the view.
///
/// # Errors
///
/// [`Failure`] if the first reading fails, the terminal cannot be used, or signal handlers cannot be
/// installed. Later readings that fail are shown in the view.
pub(super) fn show(mut reader: Reader) -> Result<ExitCode, Failure> {
    // This comes before the screen is taken over, so that an error message stays visible.
    let first = reader.next()?;
    let mut view = View::default();
    let socket = shown_path(reader.socket()).to_string();
    view.take(Ok(first));
    let updates = updates::watch(reader)?;
    let mut terminal = RawTerminal::take_over()?;
    loop {
        terminal
            .0
            .draw(|frame| screen::draw(frame, &view, &socket))
            .map_err(Failure::Terminal)?;
        let Ok(update) = updates.recv() else {
            return Ok(ExitCode::SUCCESS);
        };
        match update {
            Update::Read(read) => view.take(*read),
            Update::Resized => {}
            Update::Stop => return Ok(ExitCode::SUCCESS),
            Update::Key(key) => {
                let command = keys::command(key);
                if command.is_some_and(|command| view.execute(command).is_break()) {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// The terminal, taken over. Dropping this restores it; a panic restores it before its message is
/// printed.
struct RawTerminal(DefaultTerminal);

impl RawTerminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    ///
    /// [`Failure::Terminal`]; the terminal is restored then.
    fn take_over() -> Result<Self, Failure> {
        let terminal = ratatui::try_init();
        terminal.map(Self).map_err(|error| {
            ratatui::restore();
            Failure::Terminal(error)
        })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Restoring fails if the terminal was closed meanwhile; that does not matter.
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}
