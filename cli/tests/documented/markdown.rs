//! The tables of a page in Markdown.

/// A table: the texts of its cells, with `\|` as `|`.
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// Returns the tables of a page, in order.
pub(crate) fn tables(page: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with('|') {
            continue;
        }
        let mut rows = Vec::new();
        while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
            rows.push(cells(row));
        }
        let rows = rows.split_off(1);
        let head = cells(line);
        assert!(rows.iter().all(|row| row.len() == head.len()), "{head:?}");
        tables.push(Table { head, rows });
    }
    tables
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().replace("\\|", "\0");
    let row = row.strip_prefix('|').unwrap().strip_suffix('|').unwrap();
    let cells = row.split('|').map(|cell| cell.trim().replace('\0', "|"));
    cells.collect()
}

/// Returns the texts in backquotes. Two backquotes around a text let it have single ones.
pub(crate) fn code_spans(cell: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut rest = cell;
    while let Some((_, after)) = rest.split_once('`') {
        let (after, end) = match after.strip_prefix('`') {
            Some(after) => (after, "``"),
            None => (after, "`"),
        };
        let (span, after) = after.split_once(end).expect(cell);
        spans.push(span.trim().to_owned());
        rest = after;
    }
    spans
}
