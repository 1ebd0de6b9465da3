//! What keys mean.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::view::Wish;

/// How far the page keys scroll.
const PAGE: isize = 10;

/// The keys, for whoever asks.
pub(super) const HELP: &[(&str, &str)] = &[
    ("q, Ctrl-C", "end"),
    ("p, space", "pause, and go on"),
    ("↓, j", "scroll down the rules"),
    ("↑, k", "scroll up"),
    ("PgDn, PgUp", "scroll by ten"),
    ("g, Home", "to the hottest rule"),
    ("G, End", "to the coldest"),
    ("?, h", "show this, and hide it"),
];

/// What the reader wants who pressed a key; `None` if it means nothing.
pub(super) fn wish(key: KeyEvent) -> Option<Wish> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Wish::Quit);
    }
    Some(match key.code {
        KeyCode::Char('q') => Wish::Quit,
        KeyCode::Char('p' | ' ') => Wish::Pause,
        KeyCode::Char('?' | 'h') | KeyCode::Esc => Wish::Help,
        KeyCode::Down | KeyCode::Char('j') => Wish::Scroll(1),
        KeyCode::Up | KeyCode::Char('k') => Wish::Scroll(-1),
        KeyCode::PageDown => Wish::Scroll(PAGE),
        KeyCode::PageUp => Wish::Scroll(-PAGE),
        KeyCode::Home | KeyCode::Char('g') => Wish::First,
        KeyCode::End | KeyCode::Char('G') => Wish::Last,
        _ => return None,
    })
}
