//! The terminal, which is taken over while the view is shown and restored on every way out.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEvent};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::keys;
use super::reading::{Reader, Reading};
use super::screen;
use super::view::View;
use crate::output::Failure;

/// The events that change the view.
enum Update {
    Read(Box<Result<Reading, Failure>>),
    Key(KeyEvent),
    /// The size of the terminal changed.
    Resized,
    /// A signal ends the program.
    Stop,
}

/// Shows the daemon until a key or a signal ends the view.
///
/// # Errors
///
/// [`Failure`] if no daemon responds at first, or the terminal cannot be used.
pub(super) fn show(mut reader: Reader) -> Result<ExitCode, Failure> {
    // Before the screen is taken over, so that an error message stays visible.
    let first = reader.next()?;
    let mut view = View::default();
    let socket = reader.socket().display().to_string();
    view.take(Ok(first));
    let updates = watch(reader)?;
    let mut terminal = Screen::take_over()?;
    loop {
        terminal
            .0
            .draw(|frame| screen::draw(frame, &view, &socket))?;
        let Ok(update) = updates.recv() else {
            return Ok(ExitCode::SUCCESS);
        };
        match update {
            Update::Read(read) => view.take(*read),
            Update::Resized => {}
            Update::Stop => return Ok(ExitCode::SUCCESS),
            Update::Key(key) => {
                let continues = keys::command(key).is_none_or(|command| view.execute(command));
                if !continues {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// The terminal, taken over. Dropping the value restores it, and so does a panic, before its message.
struct Screen(DefaultTerminal);

impl Screen {
    fn take_over() -> Result<Self, Failure> {
        let terminal = ratatui::try_init();
        terminal.map(Self).map_err(|error| {
            ratatui::restore();
            Failure::Message(format!("the terminal cannot be used: {error}"))
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that was closed meanwhile fails to be restored, which does not matter.
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}

/// Starts a thread for each source of updates. The threads end with the process.
fn watch(reader: Reader) -> Result<Receiver<Update>, Failure> {
    let (sender, updates) = channel();
    let signals = signals()
        .map_err(|error| Failure::Message(format!("signals cannot be watched: {error}")))?;
    let senders = [sender.clone(), sender.clone(), sender];
    let [to_read, to_type, to_stop] = senders;
    thread::spawn(move || read(reader, &to_read));
    thread::spawn(move || watch_keys(&to_type));
    thread::spawn(move || watch_signals(signals, &to_stop));
    Ok(updates)
}

fn read(mut reader: Reader, sender: &Sender<Update>) {
    loop {
        let read = reader.next();
        if sender.send(Update::Read(Box::new(read))).is_err() {
            return;
        }
    }
}

/// Sends keys and sizes. Ends without a keyboard; a signal still ends the view.
fn watch_keys(sender: &Sender<Update>) {
    while let Ok(event) = event::read() {
        let update = match event {
            Event::Key(key) => Update::Key(key),
            Event::Resize(..) => Update::Resized,
            _ => continue,
        };
        if sender.send(update).is_err() {
            return;
        }
    }
}

/// Returns the signals that end a program, and a runtime that waits for them.
fn signals() -> io::Result<(runtime::Runtime, [Signal; 3])> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let signals = {
        let _entered = runtime.enter();
        [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]
    };
    Ok((runtime, signals))
}

fn watch_signals(
    (runtime, [mut interrupt, mut terminate, mut hangup]): (runtime::Runtime, [Signal; 3]),
    sender: &Sender<Update>,
) {
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    });
    // The view may have ended already.
    let _ = sender.send(Update::Stop);
}
