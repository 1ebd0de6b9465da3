//! The commands of keys.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::view::Command;

/// The number of rules that the page keys scroll.
const PAGE: isize = 10;

/// The keys and their meanings, for the help window.
pub(super) const HELP: &[(&str, &str)] = &[
    ("q, Ctrl-C", "quit"),
    ("p, space", "pause or resume"),
    ("↓, j", "scroll down the rules"),
    ("↑, k", "scroll up"),
    ("PgDn, PgUp", "scroll by ten"),
    ("g, Home", "to the busiest rule"),
    ("G, End", "to the quietest rule"),
    ("?, h", "show or hide this help"),
];

/// Returns the command of a key, if it has one.
pub(super) fn command(key: KeyEvent) -> Option<Command> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Command::Quit);
    }
    Some(match key.code {
        KeyCode::Char('q') => Command::Quit,
        KeyCode::Char('p' | ' ') => Command::Pause,
        KeyCode::Char('?' | 'h') | KeyCode::Esc => Command::Help,
        KeyCode::Down | KeyCode::Char('j') => Command::Scroll(1),
        KeyCode::Up | KeyCode::Char('k') => Command::Scroll(-1),
        KeyCode::PageDown => Command::Scroll(PAGE),
        KeyCode::PageUp => Command::Scroll(-PAGE),
        KeyCode::Home | KeyCode::Char('g') => Command::First,
        KeyCode::End | KeyCode::Char('G') => Command::Last,
        _ => return None,
    })
}
