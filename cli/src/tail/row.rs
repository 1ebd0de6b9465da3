//! A decision as a row for people.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use codeid_daemon::api::decisions::DecisionLine;
use codeid_daemon::count::counted;

use crate::output::printable;

/// The widths of the columns but the last: the longest of the usual cells, so that rows that are written one by one
/// are aligned. A longer cell moves the rest of its row.
const WIDTHS: [usize; 6] = [12, 8, 17, 24, 32, 6];

/// Writes the names of the columns.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn write_header(output: &mut impl Write) -> io::Result<()> {
    let names = [
        "TIME", "LISTENER", "RESULT", "RULE", "CODE", "LENGTH", "OPENID",
    ];
    write_cells(names, Style::new().bold(), output)
}

/// Writes the row of a decision.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn write(decision: &DecisionLine, output: &mut impl Write) -> io::Result<()> {
    let (result, color) = match decision.action.as_deref() {
        None => (&*decision.result_code, AnsiColor::Red),
        Some(action @ "UNSUPPORTED") => (action, AnsiColor::BrightBlack),
        Some(action) => (action, AnsiColor::Green),
    };
    let length = decision.code_length;
    let length = length.map_or_else(|| "-".to_owned(), |length| length.to_string());
    let cells = [
        time_of_day(&decision.time),
        &decision.listener,
        result,
        decision.rule.as_deref().unwrap_or("-"),
        decision.code_value.as_deref().unwrap_or("-"),
        &length,
        decision.open_id.as_deref().unwrap_or("-"),
    ];
    write_cells(cells, Style::new().fg_color(Some(color.into())), output)
}

/// Writes that decisions are missing.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn write_dropped(dropped: u64, output: &mut impl Write) -> io::Result<()> {
    let yellow = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    let decisions = counted(dropped, "decision");
    writeln!(
        output,
        "{yellow}{decisions} not shown: they came too fast{yellow:#}"
    )
}

/// Writes cells in their columns, the result in this style; in a header all of them.
fn write_cells(cells: [&str; 7], style: Style, output: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (at, (cell, width)) in cells.iter().zip(WIDTHS.into_iter().chain([0])).enumerate() {
        let cell = printable(cell);
        let gap = if at == 0 { "" } else { "  " };
        line += &match at {
            RESULT => format!("{gap}{style}{cell:<width$}{style:#}"),
            LENGTH => format!("{gap}{cell:>width$}"),
            _ => format!("{gap}{cell:<width$}"),
        };
    }
    writeln!(output, "{}", line.trim_end())
}

/// The number of the column with the result.
const RESULT: usize = 2;

/// The number of the column with a number, which is aligned right.
const LENGTH: usize = 5;

/// Returns the time of day, to the millisecond and in UTC, of a time in RFC 3339.
fn time_of_day(time: &str) -> &str {
    let of_day = time.split_once('T').map_or(time, |(_, of_day)| of_day);
    of_day.split_once('+').map_or(of_day, |(of_day, _)| of_day)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn row(line: &str) -> String {
        let mut written = Vec::new();
        write(&serde_json::from_str(line).unwrap(), &mut written).unwrap();
        strip_str(std::str::from_utf8(&written).unwrap()).to_string()
    }

    #[test]
    fn rows_are_aligned_below_the_header() {
        let mut header = Vec::new();
        write_header(&mut header).unwrap();
        let header = strip_str(std::str::from_utf8(&header).unwrap()).to_string();
        let decided = row(
            r#"{"time":"2026-11-21T01:29:59.750+00:00","listener":"http","generation":3,"rule":"order-codes",
            "resultCode":"SUCCESS","action":"DECODE","codeValue":"281001*","codeLength":24,"openId":"*42"}"#,
        );
        let failed = row(
            r#"{"time":"2026-11-21T01:29:59.751+00:00","listener":"resp","generation":null,"rule":null,
            "resultCode":"UNKNOWN_EXCEPTION","action":null,"codeValue":null,"codeLength":null,"openId":null}"#,
        );
        let expected = [
            "TIME          LISTENER  RESULT             RULE                      CODE                              LENGTH  OPENID",
            "01:29:59.750  http      DECODE             order-codes               281001*                               24  *42",
            "01:29:59.751  resp      UNKNOWN_EXCEPTION  -                         -                                      -  -",
        ];
        assert_eq!(
            [header.trim_end(), decided.trim_end(), failed.trim_end()],
            expected
        );
    }

    #[test]
    fn a_cell_cannot_control_the_terminal() {
        let row = row(
            r#"{"time":"\u001b[2J","listener":"http","generation":1,"rule":"\u001b[31m","resultCode":"SUCCESS",
            "action":"DECODE","codeValue":"x","codeLength":1,"openId":"y"}"#,
        );
        assert!(
            row.starts_with("\\u{1b}[2J") && row.contains("\\u{1b}[31m"),
            "{row}"
        );
    }
}
