//! Text tables: each column is as wide as its widest cell, and cells cannot control the terminal.

use std::io::{self, Write};

use super::output::printable;

/// A table of `N` columns under a header.
pub(super) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

/// The name of a column and the alignment of its cells.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// Aligned left, for text.
    Left(&'static str),
    /// Aligned right, for numbers.
    Right(&'static str),
}

impl<const N: usize> Table<N> {
    /// Returns a table without rows.
    pub(super) const fn new(columns: [Column; N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Cells may hold untrusted text.
    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| match printable(&cell) {
            std::borrow::Cow::Borrowed(_) => cell,
            std::borrow::Cow::Owned(shown) => shown,
        }));
    }

    /// Returns `true` if the table has only its header.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes header and rows, each line after `indent`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if `output` cannot be written.
    pub(super) fn write(&self, output: &mut impl Write, indent: &str) -> io::Result<()> {
        let header = self.columns.map(|column| column.name().to_owned());
        let lines = || [&header].into_iter().chain(&self.rows);
        let widths: [usize; N] = std::array::from_fn(|at| {
            let cells = lines().map(|cells| cells[at].chars().count());
            cells.max().unwrap_or_default()
        });
        for cells in lines() {
            let mut line = String::from(indent);
            for (at, cell) in cells.iter().enumerate() {
                let (width, gap) = (widths[at], if at == 0 { "" } else { "  " });
                line += &match self.columns[at] {
                    Column::Left(_) => format!("{gap}{cell:<width$}"),
                    Column::Right(_) => format!("{gap}{cell:>width$}"),
                };
            }
            writeln!(output, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Left(name) | Self::Right(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Table};

    #[test]
    fn columns_are_aligned_and_control_characters_escaped() {
        let mut table = Table::new([
            Column::Left("RULE"),
            Column::Right("TIMES"),
            Column::Left("NOTE"),
        ]);
        assert!(table.is_empty());
        table.row(["a-long-id", "7", ""].map(str::to_owned));
        table.row(["b", "1234567", "\x1b[2J"].map(str::to_owned));
        let mut written = Vec::new();
        table.write(&mut written, "  ").unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "  RULE         TIMES  NOTE\n  a-long-id        7\n  b          1234567  \\u{1b}[2J\n"
        );
    }
}
