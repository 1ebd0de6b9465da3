//! An EMVCo payload, parsed into its data objects.

use crc::{CRC_16_IBM_3740, Crc};

use crate::rule::{DataObjectId, TagPath};

/// The checksum of EMVCo payloads, which EMVCo calls CRC-16/CCITT-FALSE.
const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// A payload whose data objects are well formed. Empty ones count as absent.
///
/// Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, 1.1, section 3;
/// SPEC.md, section 2.1.
pub(super) struct Payload<'a> {
    text: &'a str,
    /// By ID, the value of the first data object that has it.
    values: [Option<&'a str>; DataObjectId::COUNT],
    /// The ID and the value of the last data object; `None` if the payload has none.
    last: Option<(DataObjectId, &'a str)>,
    /// `true` if there are empty data objects, templates aside.
    pub(super) has_empty: bool,
}

/// The value of a data object, which is not empty.
pub(super) struct Value<'a> {
    /// The value, of 1 to 99 characters.
    pub(super) text: &'a str,
    /// `true` if it is in a template with empty data objects.
    pub(super) beside_empty: bool,
}

impl<'a> Payload<'a> {
    /// Parses `text`; returns `None` if it is not well formed, which includes empty data objects unless
    /// `allow_empty` is true.
    pub(super) fn parse(text: &'a str, allow_empty: bool) -> Option<Self> {
        let mut payload = Self {
            text,
            values: [None; DataObjectId::COUNT],
            last: None,
            has_empty: false,
        };
        let mut objects = DataObjects { rest: text };
        while let Some(object) = objects.next() {
            let object @ (id, value) = object?;
            if value.is_empty() {
                payload.has_empty = true;
                allow_empty.then_some(())?;
                continue;
            }
            payload.last = Some(object);
            payload.values[id.index()].get_or_insert(value);
        }
        Some(payload)
    }

    /// Returns the value at `path`, in a template as [`Self::sub_field`] does.
    pub(super) fn value(&self, path: TagPath, allow_empty: bool) -> Option<Value<'a>> {
        match path.sub_id {
            None => self.values[path.id.index()].map(|text| Value {
                text,
                beside_empty: false,
            }),
            Some(sub_id) => self.sub_field(path.id, sub_id, allow_empty),
        }
    }

    /// Returns the first value of a sub-field, if the payload has the template and the template is
    /// well formed, without empty data objects unless `allow_empty` is true.
    ///
    /// # Complexity
    ///
    /// Linear in the template, which is parsed to its end.
    pub(super) fn sub_field(
        &self,
        id: DataObjectId,
        sub_id: DataObjectId,
        allow_empty: bool,
    ) -> Option<Value<'a>> {
        let mut found = None;
        let mut beside_empty = false;
        let mut objects = DataObjects {
            rest: self.values[id.index()]?,
        };
        while let Some(object) = objects.next() {
            let (id, value) = object?;
            if value.is_empty() {
                beside_empty = true;
                allow_empty.then_some(())?;
            } else if id == sub_id {
                found.get_or_insert(value);
            }
        }
        found.map(|text| Value { text, beside_empty })
    }

    /// Returns `true` if the last data object is the checksum of everything before it.
    pub(super) fn crc_is_right(&self) -> bool {
        let Some((id, crc)) = self.last else {
            return false;
        };
        // Only empty data objects, which count as absent, can follow the checksum.
        let before = &self.text[..crc.as_ptr().addr() - self.text.as_ptr().addr()];
        id == DataObjectId::CRC
            && crc.len() == 4
            && crc.bytes().all(|b| b.is_ascii_hexdigit())
            && u16::from_str_radix(crc, 16) == Ok(CHECKSUM.checksum(before.as_bytes()))
    }
}

/// The data objects that a text consists of.
struct DataObjects<'a> {
    rest: &'a str,
}

impl<'a> DataObjects<'a> {
    /// Returns the next ID and value; `Some(None)` if the rest does not begin with a data object.
    #[expect(clippy::option_option, reason = "the end and a fault are different")]
    fn next(&mut self) -> Option<Option<(DataObjectId, &'a str)>> {
        if self.rest.is_empty() {
            return None;
        }
        Some(self.take())
    }

    /// Removes a data object from the beginning: two digits of its ID, two of its length, its value,
    /// which may be empty.
    fn take(&mut self) -> Option<(DataObjectId, &'a str)> {
        let header = self.rest.as_bytes().first_chunk::<4>()?;
        if !header.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two_digits = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
        let id = DataObjectId::new(two_digits(header[0], header[1]))?;
        let length = usize::from(two_digits(header[2], header[3]));
        let text = &self.rest[4..];
        // The length counts characters. In ASCII text these are bytes, and need no counting.
        //
        // PERF: characters counted in every text → not in ASCII: 315 → 212 ns a lookup, and 357 →
        // 267 if two of the payload's texts are not ASCII (rules and payloads of bench `emv`,
        // alternating, 2-core x86-64, November 2026).
        let end = match text.as_bytes().get(..length) {
            Some(value) if value.is_ascii() => length,
            _ => {
                let mut characters = text.char_indices();
                characters.nth(length.checked_sub(1)?)?;
                characters.offset()
            }
        };
        let (value, rest) = text.split_at(end);
        self.rest = rest;
        Some((id, value))
    }
}
