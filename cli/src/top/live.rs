//! The terminal: taken over for as long as the view is shown, and given back however that ends.

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

/// What the view waits for.
enum Happening {
    Read(Box<Result<Reading, String>>),
    Key(KeyEvent),
    /// The terminal has another size.
    Resized,
    /// A signal asks for the end.
    Stop,
}

/// Shows the daemon until the reader has enough.
///
/// # Errors
///
/// That no daemon answers at first, or that the terminal cannot be used.
pub(super) fn show(mut reader: Reader) -> Result<ExitCode, Failure> {
    // Before the screen is taken over, so that what is wrong stays on it.
    let first = reader.next()?;
    let mut view = View::default();
    let socket = reader.socket().display().to_string();
    view.take(Ok(first));
    let happenings = gather(reader)?;
    let mut terminal = Screen::take_over()?;
    loop {
        terminal
            .0
            .draw(|frame| screen::draw(frame, &view, &socket))?;
        let Ok(happening) = happenings.recv() else {
            return Ok(ExitCode::SUCCESS);
        };
        match happening {
            Happening::Read(read) => view.take(*read),
            Happening::Resized => {}
            Happening::Stop => return Ok(ExitCode::SUCCESS),
            Happening::Key(key) => {
                let goes_on = keys::wish(key).is_none_or(|wish| view.follow(wish));
                if !goes_on {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// The terminal, taken over. Given back with the value; a panic gives it back before it is told.
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
        // Whoever has closed the terminal needs no cursor there.
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}

/// Starts a thread for each kind of happening. They end with the process.
fn gather(reader: Reader) -> Result<Receiver<Happening>, Failure> {
    let (sender, happenings) = channel();
    let signals = signals()
        .map_err(|error| Failure::Message(format!("signals cannot be watched: {error}")))?;
    let senders = [sender.clone(), sender.clone(), sender];
    let [to_read, to_type, to_stop] = senders;
    thread::spawn(move || read(reader, &to_read));
    thread::spawn(move || watch_keys(&to_type));
    thread::spawn(move || watch_signals(signals, &to_stop));
    Ok(happenings)
}

fn read(mut reader: Reader, sender: &Sender<Happening>) {
    loop {
        let read = reader.next().map_err(|failure| failure.to_string());
        if sender.send(Happening::Read(Box::new(read))).is_err() {
            return;
        }
    }
}

/// Without a keyboard the view goes on, until a signal ends it.
fn watch_keys(sender: &Sender<Happening>) {
    while let Ok(event) = event::read() {
        let happening = match event {
            Event::Key(key) => Happening::Key(key),
            Event::Resize(..) => Happening::Resized,
            _ => continue,
        };
        if sender.send(happening).is_err() {
            return;
        }
    }
}

/// The signals that end a program, each in a runtime that waits for it.
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
    sender: &Sender<Happening>,
) {
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    });
    // Nobody to tell: it ends anyway.
    let _ = sender.send(Happening::Stop);
}
