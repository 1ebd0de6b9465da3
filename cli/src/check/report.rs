//! Findings as text: the message, the position, the line with a caret under it, and the hint.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use codeid_engine::Position;

use super::finding::{self, Finding, Severity};
use crate::output::printable;
use crate::route_config::Examined;

/// The limit on a line shown on either side of a position, in bytes: more than fit on a terminal. A
/// config may be one line of 128 KiB, and have an error every few bytes.
const EXCERPT_BYTES: usize = 1024;

/// Writes every finding of the file `name`, whose content is `document`.
///
/// # Errors
///
/// [`io::Error`] if `output` cannot be written.
pub(crate) fn show_findings(
    output: &mut impl Write,
    name: &str,
    document: &[u8],
    findings: &[Finding<'_>],
) -> io::Result<()> {
    let name = printable(name);
    let renderer = Renderer::styled();
    for finding in findings {
        writeln!(output, "{}\n", render(&renderer, &name, document, finding))?;
    }
    Ok(())
}

/// Writes the errors because of which a file is refused.
///
/// # Errors
///
/// [`io::Error`] if `output` cannot be written.
pub(crate) fn show_refusal(output: &mut impl Write, examined: &Examined) -> io::Result<()> {
    let mut findings = finding::from_examined(examined);
    findings.retain(|finding| finding.severity == Severity::Error);
    show_findings(output, &examined.name, &examined.document, &findings)
}

fn render(renderer: &Renderer, name: &str, document: &[u8], finding: &Finding<'_>) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.clone().primary_title(printable(&finding.message));
    let mut groups = match finding.position {
        None => vec![title.element(Origin::path(name))],
        Some(position) => {
            let excerpt = Excerpt::around(document, position);
            let line = position.line;
            let snippet = |excerpt: Excerpt| {
                Snippet::source(excerpt.text)
                    .line_start(line)
                    .annotation(AnnotationKind::Primary.span(excerpt.place))
            };
            if excerpt.whole_line {
                vec![title.element(snippet(excerpt).path(name))]
            } else {
                // The renderer counts columns within the snippet, so the position is given
                // separately.
                let origin = Origin::path(name).line(line).char_column(position.column);
                vec![
                    title.element(origin),
                    Group::with_level(level).element(snippet(excerpt)),
                ]
            }
        }
    };
    let mut last = groups.pop().expect("there is a group for the title");
    if let Some(place) = place_in_config(finding) {
        last = last.element(Level::NOTE.message(place));
    }
    if let Some(hint) = finding.hint {
        last = last.element(Level::HELP.message(printable(hint)));
    }
    groups.push(last);
    renderer.render(&groups)
}

fn place_in_config(finding: &Finding<'_>) -> Option<String> {
    let pointer = printable(finding.pointer);
    match (finding.rule, finding.pointer) {
        (Some(rule), "") => Some(format!("in rule {}", printable(rule))),
        (Some(rule), _) => Some(format!("in rule {}, at {pointer}", printable(rule))),
        (None, "") => None,
        (None, _) => Some(format!("at {pointer}")),
    }
}

/// The part of a line that is shown, and the range of the marked character in it.
struct Excerpt {
    text: String,
    place: Range<usize>,
    whole_line: bool,
}

impl Excerpt {
    fn around(document: &[u8], position: Position) -> Self {
        let offset = position.offset.min(document.len());
        let (before, after) = document.split_at(offset);
        let is_newline = |byte: &u8| *byte == b'\n';
        let line_before = before.rsplit(is_newline).next().unwrap_or_default();
        let line_after = after.split(is_newline).next().unwrap_or_default();
        let (near_before, near_after) = (last_bytes(line_before), first_bytes(line_after));
        // Bytes that are not UTF-8 are shown as replacement characters; the mark stays in place.
        let mut text = String::from_utf8_lossy(near_before).into_owned();
        let start = text.len();
        text.push_str(String::from_utf8_lossy(near_after).trim_end_matches('\r'));
        let marked = text.get(start..).and_then(|rest| rest.chars().next());
        let length = marked.map_or(0, char::len_utf8);
        Self {
            text,
            place: start..start + length,
            whole_line: near_before.len() == line_before.len(),
        }
    }
}

/// Returns the end of `line`, cut between characters.
fn last_bytes(line: &[u8]) -> &[u8] {
    let Some(from) = line
        .len()
        .checked_sub(EXCERPT_BYTES)
        .filter(|from| *from > 0)
    else {
        return line;
    };
    let mut end = line.get(from..).unwrap_or_default();
    while let [byte, rest @ ..] = end
        && is_continuation(*byte)
    {
        end = rest;
    }
    end
}

/// Returns the beginning of `line`, cut between characters.
fn first_bytes(line: &[u8]) -> &[u8] {
    let Some(mut beginning) = line.get(..=EXCERPT_BYTES) else {
        return line;
    };
    // The last byte is the first that is not shown.
    while let [rest @ .., byte] = beginning {
        beginning = rest;
        if !is_continuation(*byte) {
            break;
        }
    }
    beginning
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}
