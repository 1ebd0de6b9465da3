//! The settings in a TOML file, flattened to dotted keys, each with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{FileError, Problem};
use super::given::Given;
use crate::regular_file;

/// The largest file of settings, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// One `key = value` of the file.
#[derive(Debug)]
pub(super) struct FileEntry {
    /// The name in full, with dots.
    pub(super) name: String,
    /// The value, not yet checked.
    pub(super) given: Given,
    /// The line, counted from 1.
    pub(super) line: usize,
}

/// Text that is not TOML.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SyntaxError {
    line: usize,
    message: String,
}

/// Reads and flattens the file at `path`.
///
/// # Errors
///
/// Every problem of the file: it cannot be read, is too large, or is not TOML.
pub(super) fn read(path: &Path) -> Result<Vec<FileEntry>, Vec<Problem>> {
    let text = read_text(path).map_err(|error| {
        let path = path.to_owned();
        vec![Problem::File { path, error }]
    })?;
    flatten(&text).map_err(|errors| {
        let problem = |SyntaxError { line, message }| Problem::Syntax {
            path: path.to_owned(),
            line,
            message,
        };
        errors.into_iter().map(problem).collect()
    })
}

fn read_text(path: &Path) -> Result<String, FileError> {
    let file = regular_file::read(path, MAX_BYTES).map_err(FileError::Unreadable)?;
    String::from_utf8(file.bytes)
        .map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
}

/// Returns the entries in the order of their lines, or every error.
fn flatten(text: &str) -> Result<Vec<FileEntry>, Vec<SyntaxError>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut errors: Vec<_> = errors
            .iter()
            .map(|error| SyntaxError {
                line: error.span().map_or(1, |span| line_of(text, span.start)),
                // Some messages have several lines.
                message: error.message().lines().collect::<Vec<_>>().join(", "),
            })
            .collect();
        errors.sort();
        return Err(errors);
    }
    let mut entries = Vec::new();
    flatten_table(text, "", document.get_ref(), &mut entries);
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn flatten_table(text: &str, above: &str, table: &DeTable<'_>, entries: &mut Vec<FileEntry>) {
    for (key, value) in table {
        let name = match above {
            "" => key.get_ref().to_string(),
            above => format!("{above}.{}", key.get_ref()),
        };
        if let DeValue::Table(below) = value.get_ref() {
            flatten_table(text, &name, below, entries);
            continue;
        }
        entries.push(FileEntry {
            name,
            given: given(value),
            line: line_of(text, key.span().start),
        });
    }
}

fn given(value: &Spanned<DeValue<'_>>) -> Given {
    match value.get_ref() {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Given::Other("integer beyond 64 bits"), Given::Integer),
        DeValue::Float(number) => Given::Float(number.as_str().to_owned()),
        DeValue::Boolean(value) => Given::Boolean(*value),
        DeValue::Array(items) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map_or(
                Given::Other("array with other items than strings"),
                Given::List,
            ),
        other => Given::Other(other.type_str()),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_tables_become_dotted_names_with_their_lines() {
        let text = "[listen]\nhttp = \"off\"\n\n[proxy.public-keys]\n1 = \"a.pem\"\n[http]\nmax-connections = 0x10\n";
        let entries = flatten(text).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|e| format!("{}:{}={}", e.line, e.name, e.given))
            .collect();
        let expected = [
            "2:listen.http=\"off\"",
            "5:proxy.public-keys.1=\"a.pem\"",
            "7:http.max-connections=the number 16",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_syntax_error_is_reported_with_its_line() {
        let problems = flatten("a = \nb = 1\nc = ]\nb = 2\n").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|error| error.line).collect();
        assert_eq!(lines, [1, 3, 4], "{problems:?}");
    }
}
