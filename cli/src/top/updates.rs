//! The updates of the view: readings, keys, sizes and signals.

use std::io;
use std::process;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ratatui::crossterm::event::{self, Event, KeyEvent};
use ratatui::crossterm::terminal::disable_raw_mode;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::reading::{Reader, Reading};
use crate::output::{Failure, INTERRUPTED};

/// The most updates that wait for the view; the threads that send them wait beyond it.
const QUEUED_UPDATES: usize = 16;

/// The events that change the view.
pub(super) enum Update {
    /// A reading, or the reason why it failed.
    Read(Box<Result<Reading, Failure>>),
    /// A key was pressed or released.
    Key(KeyEvent),
    /// The size of the terminal changed.
    Resized,
    /// A signal ends the program.
    Stop,
}

/// Starts a thread for each source of updates. The threads end with the process.
///
/// # Errors
///
/// [`Failure::Signals`] if the signal handlers cannot be installed.
pub(super) fn watch(reader: Reader) -> Result<Receiver<Update>, Failure> {
    let (sender, updates) = sync_channel(QUEUED_UPDATES);
    let signals = signals().map_err(Failure::Signals)?;
    let senders = [sender.clone(), sender.clone(), sender];
    let [to_read, to_type, to_stop] = senders;
    thread::spawn(move || read(reader, &to_read));
    thread::spawn(move || watch_keys(&to_type));
    thread::spawn(move || watch_signals(signals, to_stop));
    Ok(updates)
}

/// Sends a reading in each interval, until the view has ended.
fn read(mut reader: Reader, sender: &SyncSender<Update>) {
    loop {
        let read = reader.next();
        if sender.send(Update::Read(Box::new(read))).is_err() {
            return;
        }
    }
}

/// Sends key presses and resizes. Returns if there is no keyboard; a signal can still end the view.
fn watch_keys(sender: &SyncSender<Update>) {
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

/// Sends [`Update::Stop`] at the first signal, and ends the process at the second one: the view may
/// be stuck in writing to a terminal that has stopped reading.
fn watch_signals(
    (runtime, [mut interrupt, mut terminate, mut hangup]): (runtime::Runtime, [Signal; 3]),
    sender: SyncSender<Update>,
) {
    let mut first = Some(sender);
    runtime.block_on(async {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            if let Some(sender) = first.take() {
                // In a thread of its own: the queue may be full. The view may have ended already.
                thread::spawn(move || sender.send(Update::Stop).is_ok());
            } else {
                // Only the mode: restoring the screen would be stuck, too.
                let _ = disable_raw_mode();
                process::exit(INTERRUPTED);
            }
        }
    });
}
