//! A decision as a line of JSON.
//!
//! Source: SPEC.md, section 6.

use std::io::Write;
use std::time::{Instant, SystemTime};

use super::hash_key::Hash;
use super::record::Record;
use crate::timestamp::iso_8601_ms;

/// The form of the values in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Masks.
    Masked,
    /// Hashes where the record has them, otherwise masks.
    Hashed,
}

/// A moment by both clocks, by which the times of records are dated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// The moment by the monotonic clock.
    pub(super) instant: Instant,
    /// The moment by the wall clock.
    pub(super) wall: SystemTime,
}

impl Now {
    fn date(self, at: Instant) -> SystemTime {
        let ago = self.instant.saturating_duration_since(at);
        let dated = self.wall.checked_sub(ago);
        dated.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// Appends the line of a record. No text of a record needs an escape.
pub(super) fn write_line(record: &Record, now: Now, form: Form, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":");
    write_text(iso_8601_ms(now.date(record.at)).as_bytes(), out);
    out.extend_from_slice(b",\"listener\":");
    write_text(record.listener.word().as_bytes(), out);
    out.extend_from_slice(b",\"generation\":");
    write_number(record.generation, out);
    out.extend_from_slice(b",\"rule\":");
    match record.rule.as_bytes() {
        b"" => out.extend_from_slice(b"null"),
        rule => write_text(rule, out),
    }
    let identification = record.identification;
    out.extend_from_slice(b",\"resultCode\":");
    write_text(identification.result().word().as_bytes(), out);
    out.extend_from_slice(b",\"action\":");
    match identification.is_failure() {
        true => out.extend_from_slice(b"null"),
        false => write_text(identification.word().as_bytes(), out),
    }
    write_values(record, form, out);
    out.extend_from_slice(b"}\n");
}

fn write_values(record: &Record, form: Form, out: &mut Vec<u8>) {
    let Some(values) = &record.values else {
        out.extend_from_slice(b",\"codeValue\":null,\"codeLength\":null,\"openId\":null");
        return;
    };
    let hashes = values.hashes.filter(|_| form == Form::Hashed);
    out.extend_from_slice(b",\"codeValue\":");
    match &hashes {
        Some((code, _)) => write_hash(code, out),
        None => write_text(values.code.as_bytes(), out),
    }
    out.extend_from_slice(b",\"codeLength\":");
    write_number(Some(values.code_characters as u64), out);
    out.extend_from_slice(b",\"openId\":");
    match &hashes {
        Some((_, open_id)) => write_hash(open_id, out),
        None => write_text(values.open_id.as_bytes(), out),
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn write_number(number: Option<u64>, out: &mut Vec<u8>) {
    match number {
        None => out.extend_from_slice(b"null"),
        Some(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

fn write_hash(hash: &Hash, out: &mut Vec<u8>) {
    let number = u128::from_be_bytes(*hash);
    write!(out, "\"{number:032x}\"").expect("a vector takes every byte");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::exchange::LOG;
    use super::super::hash_key::HashKey;
    use super::super::record::ShownValues;
    use super::super::short_text::ShortText;
    use super::*;
    use crate::metrics::{Identification, Listener};

    fn record(key: Option<&HashKey>) -> Record {
        let mut rule = ShortText::EMPTY;
        rule.push(b"order-codes");
        Record {
            at: Instant::now(),
            wanted_by: LOG,
            version: 1,
            listener: Listener::Http,
            generation: Some(3),
            rule,
            identification: Identification::Decode,
            values: Some(ShownValues::new(
                "281001041234567890123456",
                "user-0042",
                key,
            )),
        }
    }

    /// Returns the line of a record that was made 250 ms before 01:30.
    fn line(record: &Record, form: Form) -> String {
        let now = Now {
            instant: record.at + Duration::from_millis(250),
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_224_600),
        };
        let mut out = Vec::new();
        write_line(record, now, form, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_is_a_line() {
        let line = line(&record(None), Form::Masked);
        let specification = include_str!("../../../SPEC.md");
        assert!(specification.contains(line.trim_end()), "{line}");
    }

    #[test]
    fn hashes_are_shown_in_the_form_that_has_them_only() {
        let key = HashKey::new(b"0123456789abcdef0123456789abcdef").unwrap();
        let record = record(Some(&key));
        assert_eq!(
            line(&record, Form::Masked),
            line(&self::record(None), Form::Masked)
        );
        let hashed: serde_json::Value = serde_json::from_str(&line(&record, Form::Hashed)).unwrap();
        for member in ["codeValue", "openId"] {
            let hash = hashed[member].as_str().unwrap();
            assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
        assert_eq!(hashed["codeLength"], 24);
    }

    #[test]
    fn a_failure_has_no_rule_no_action_and_no_values() {
        let failure = Record {
            generation: None,
            rule: ShortText::EMPTY,
            identification: Identification::ParamIllegal,
            values: None,
            ..record(None)
        };
        assert_eq!(
            line(&failure, Form::Masked),
            "{\"time\":\"2026-11-21T01:29:59.750+00:00\",\"listener\":\"http\",\"generation\":null,\
             \"rule\":null,\"resultCode\":\"PARAM_ILLEGAL\",\"action\":null,\"codeValue\":null,\
             \"codeLength\":null,\"openId\":null}\n"
        );
    }
}
