//! Tables and lines that fit a narrow screen: what has no room is omitted whole, so that no number is cut.

use ratatui::layout::{Alignment, Constraint};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

/// The style of headers.
pub(super) const HEAD: Style = Style::new().add_modifier(Modifier::BOLD);

/// The cells between two columns.
const SPACING: usize = 1;

/// A row of a table.
pub(super) struct Numbers {
    /// The style of the row.
    pub(super) style: Style,
    /// The text of the first column.
    pub(super) name: String,
    /// The text of each further column, with a style that is laid over that of the row.
    pub(super) numbers: Vec<(String, Style)>,
}

/// Returns a table with a column of names and columns of numbers.
///
/// `name` is the header of the names with the least width of their column, and `headers` are those of the numbers
/// with theirs. Widths are in cells. If the table is wider than `width`, columns are omitted in the order of `omitted`, which has indices of `headers`.
pub(super) fn table(
    name: (String, usize),
    headers: &[(&'static str, usize)],
    omitted: &[usize],
    rows: Vec<Numbers>,
    width: u16,
) -> Table<'static> {
    let (name, least_name) = name;
    let widths: Vec<usize> = (0..headers.len())
        .map(|at| {
            let (header, least) = headers[at];
            let numbers = rows.iter().map(|row| row.numbers[at].0.chars().count());
            numbers.max().unwrap_or(0).max(header.len()).max(least)
        })
        .collect();
    let mut kept: Vec<usize> = (0..headers.len()).collect();
    let mut omitted = omitted.iter();
    let needed = |kept: &[usize]| {
        let numbers = kept.iter().map(|at| widths[*at] + SPACING);
        least_name + numbers.sum::<usize>()
    };
    while needed(&kept) > usize::from(width) {
        let Some(next) = omitted.next() else { break };
        kept.retain(|at| at != next);
    }
    let of_numbers = needed(&kept) - least_name;
    let name_width = usize::from(width).saturating_sub(of_numbers);
    let name = fit(&name, extent(name_width));
    let header = kept.iter().map(|at| right(headers[*at].0.to_owned()));
    let header = Row::new([Cell::new(name)].into_iter().chain(header)).style(HEAD);
    let rows = rows.into_iter().map(|row| {
        let numbers = kept.iter().map(|at| {
            let (number, style) = &row.numbers[*at];
            right(number.clone()).style(*style)
        });
        let cells = [Cell::new(shorten(row.name, name_width))]
            .into_iter()
            .chain(numbers);
        Row::new(cells).style(row.style)
    });
    let rows: Vec<_> = rows.collect();
    let lengths = kept.iter().map(|at| extent(widths[*at]));
    let lengths = lengths.map(Constraint::Length);
    let widths = [Constraint::Fill(1)].into_iter().chain(lengths);
    Table::new(rows, widths).header(header)
}

/// Returns as many words of `text` as fit into `width`, with `…` for the others.
pub(super) fn fit(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let fitting: String = text.chars().take(width.saturating_sub(1)).collect();
    let next = text.chars().nth(width.saturating_sub(1));
    let whole = match next {
        Some(' ') => fitting.as_str(),
        _ => fitting.rfind(' ').map_or("", |at| &fitting[..at]),
    };
    match width {
        0 => String::new(),
        _ => format!("{}…", whole.trim_end()),
    }
}

/// Returns the first characters of a name, with `…` for those that have no room.
fn shorten(name: String, width: usize) -> String {
    if name.chars().count() <= width {
        return name;
    }
    let first = name.chars().take(width.saturating_sub(1));
    first.chain(['…']).take(width).collect()
}

/// Converts a number of cells.
pub(super) fn extent(cells: usize) -> u16 {
    u16::try_from(cells).unwrap_or(u16::MAX)
}

fn right(text: String) -> Cell<'static> {
    Cell::new(Line::from(text).alignment(Alignment::Right))
}

#[cfg(test)]
mod tests {
    use super::{fit, shorten};

    #[test]
    fn a_text_is_cut_between_words() {
        assert_eq!(fit("generation 12345, of", 20), "generation 12345, of");
        assert_eq!(fit("generation 12345, of", 19), "generation 12345,…");
        assert_eq!(fit("generation 12345, of", 17), "generation…");
        assert_eq!(fit("generation 12345", 14), "generation…");
        assert_eq!(fit("generation", 4), "…");
        assert_eq!(fit("generation", 0), "");
        assert_eq!(shorten("rule".to_owned(), 4), "rule");
        assert_eq!(shorten("rule".to_owned(), 3), "ru…");
        assert_eq!(shorten("rule".to_owned(), 0), "");
    }
}
