//! `emv` matches and EMVCo merchant-presented payloads.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use crate::Entropy;
use crate::vocabulary::{vary_case, word};

/// The `emv` match of a rule.
#[derive(Clone, Debug)]
pub struct EmvMatch {
    /// The globally unique identifier.
    pub guid: Option<String>,
    /// The values of data objects, by `NN` or `NN.NN`.
    pub tags: BTreeMap<String, String>,
    /// `checkCrc`, if it is not left out.
    pub check_crc: Option<bool>,
    /// `allowEmpty`, if it is not left out.
    pub allow_empty: Option<bool>,
}

const GUIDS: &[&str] = &[
    "A000000677010111",
    "com.example",
    "COM.EXAMPLE",
    "hk.com.hkicl",
    "com.ex",
];
const TAGS: &[(&str, &str)] = &[
    ("53", "764"),
    ("58", "TH"),
    ("53", "344"),
    ("62.07", "T1"),
    ("26.01", "0016"),
    ("29.00", "com.example"),
    ("59", "é店"),
    ("62", "0702T1"),
];

impl EmvMatch {
    pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Self {
        let guid = (!entropy.chance(20)).then(|| entropy.one_of(GUIDS).to_owned());
        let least = usize::from(guid.is_none());
        let tags = (0..least + entropy.below(3)).map(|_| {
            let (tag, value) = entropy.one_of(TAGS);
            (tag.to_owned(), value.to_owned())
        });
        Self {
            tags: tags.collect(),
            guid,
            check_crc: entropy.chance(60).then(|| entropy.chance(40)),
            allow_empty: None,
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let mut object = Map::new();
        if let Some(guid) = &self.guid {
            object.insert("guid".to_owned(), json!(guid));
        }
        if !self.tags.is_empty() {
            object.insert("tags".to_owned(), json!(self.tags));
        }
        if let Some(check_crc) = self.check_crc {
            object.insert("checkCrc".to_owned(), json!(check_crc));
        }
        if let Some(allow_empty) = self.allow_empty {
            object.insert("allowEmpty".to_owned(), json!(allow_empty));
        }
        object.into()
    }

    pub(crate) fn sample(&self, entropy: &mut Entropy<'_>) -> String {
        let mut templates: BTreeMap<&str, String> = BTreeMap::new();
        let mut plain: Vec<(&str, String)> = Vec::new();
        if let Some(guid) = &self.guid {
            let template = entropy.one_of(&["26", "29", "51", "62", "25"]);
            let guid = if entropy.chance(20) {
                vary_case(guid, false, entropy)
            } else {
                guid.clone()
            };
            templates.insert(template, object("00", &guid));
        }
        for (tag, value) in &self.tags {
            match tag.split_once('.') {
                Some((template, sub)) => {
                    templates
                        .entry(template)
                        .or_default()
                        .push_str(&object(sub, value));
                }
                None => plain.push((tag, value.clone())),
            }
        }
        let mut objects: Vec<(&str, String)> = templates.into_iter().collect();
        objects.append(&mut plain);
        for _ in 0..entropy.below(4) {
            let extra = entropy.one_of(&["01", "27", "53", "59", "62", "26", "63", "98"]);
            let value = match entropy.below(4) {
                0 => "11".to_owned(),
                1 => object("00", entropy.one_of(GUIDS)),
                2 => "9".repeat(entropy.within(1..=99)),
                _ => word(entropy).to_owned(),
            };
            let place = entropy.below(objects.len() + 1);
            objects.insert(place, (extra, value));
        }
        let mut payload = "000201".to_owned();
        for (tag, value) in &objects {
            payload.push_str(&object(tag, value));
        }
        payload.push_str("6304");
        let crc = crc_ccitt_false(payload.as_bytes());
        match entropy.below(10) {
            8 => payload.push_str(&format!("{crc:04x}")),
            9 => payload.push_str(&format!("{:04X}", crc ^ 1)),
            _ => payload.push_str(&format!("{crc:04X}")),
        }
        payload
    }
}

/// Returns a data object, whose length counts characters. A value that is too long is cut.
fn object(tag: &str, value: &str) -> String {
    let value: String = value.chars().take(99).collect();
    format!("{tag}{:02}{value}", value.chars().count())
}

/// Returns `payload` with an empty data object: after the first one, in the template that may follow it, or
/// at the end, and with the right checksum if it had that; `None` if it does not begin like a payload.
pub(crate) fn with_empty_object(payload: &str, entropy: &mut Entropy<'_>) -> Option<String> {
    const BEGIN: &str = "000201";
    const CRC: &str = "6304";
    let rest = payload.strip_prefix(BEGIN)?;
    let empty = format!(
        "{}00",
        entropy.one_of(&["02", "26", "53", "54", "58", "62", "63", "99"])
    );
    let is_right =
        |text: &str, crc: &str| crc == format!("{:04X}", crc_ccitt_false(text.as_bytes()));
    let split = payload
        .rfind(CRC)
        .map(|at| payload.split_at(at + CRC.len()));
    let had_crc = split.is_some_and(|(text, crc)| is_right(text, crc));
    let changed = match entropy.below(3) {
        0 => format!("{payload}{empty}"),
        1 => format!("{BEGIN}{}", in_first_template(rest, &empty)?),
        _ => format!("{BEGIN}{empty}{rest}"),
    };
    match changed.rfind(CRC).filter(|_| had_crc) {
        None => Some(changed),
        Some(at) => {
            let (text, rest) = changed.split_at(at + CRC.len());
            let crc = crc_ccitt_false(text.as_bytes());
            Some(format!(
                "{text}{crc:04X}{}",
                rest.get(4..).unwrap_or_default()
            ))
        }
    }
}

/// Returns `objects` with `empty` at the beginning of the first one's value.
fn in_first_template(objects: &str, empty: &str) -> Option<String> {
    let (id, length, value) = (objects.get(..2)?, objects.get(2..4)?, objects.get(4..)?);
    let longer = length.parse::<usize>().ok()? + empty.len();
    (longer <= 99).then(|| format!("{id}{longer:02}{empty}{value}"))
}

/// Computes CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF), bit by bit.
#[must_use]
pub fn crc_ccitt_false(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::crc_ccitt_false;

    /// The check value that CRC catalogues publish.
    #[test]
    fn the_crc_of_nine_digits_is_the_published_check_value() {
        assert_eq!(crc_ccitt_false(b"123456789"), 0x29b1);
    }
}
