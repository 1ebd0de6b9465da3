//! Shapes of real rules. A number distinguishes the rules of one shape.

use std::fmt::Write as _;

use serde_json::{Value, json};

use self::Shape::*;
use crate::random::Random;

pub(crate) const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const LABEL: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";
pub(crate) const TAIL: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/?=&";

/// The shape of a rule. [`Shape::literal`] and [`Shape::regex`] show the text of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    AcquirerPath,
    StorePath,
    NumericBeginning,
    AppScheme,
    PayHost,
    ExactEntry,
    ExactDigits,
    ClassRunHost,
    OrderCode,
    OptionalScheme,
    EmvPattern,
    CaseInsensitive,
    Token,
    UrlHost,
    UrlWildcard,
    EmvGuid,
    Automaton,
}

/// Weights in hundredths: 55 prefixes, 10 exact texts, 35 regexes.
pub(crate) const PATTERNS: &[(Shape, usize)] = &[
    (AcquirerPath, 15),
    (StorePath, 12),
    (NumericBeginning, 10),
    (AppScheme, 8),
    (PayHost, 10),
    (ExactEntry, 6),
    (ExactDigits, 4),
    (ClassRunHost, 8),
    (OrderCode, 6),
    (OptionalScheme, 8),
    (EmvPattern, 4),
    (CaseInsensitive, 5),
    (Token, 4),
];

/// [`PATTERNS`] with `url` and `emv` rules where an author would prefer them.
pub(crate) const ALL_KINDS: &[(Shape, usize)] = &[
    (UrlHost, 25),
    (StorePath, 12),
    (NumericBeginning, 10),
    (AppScheme, 8),
    (ExactEntry, 6),
    (ExactDigits, 4),
    (UrlWildcard, 8),
    (OrderCode, 6),
    (OptionalScheme, 8),
    (EmvGuid, 4),
    (CaseInsensitive, 5),
    (Token, 4),
];

/// [`PATTERNS`] with 5 hundredths that literals and class runs cannot express.
pub(crate) const WITH_AUTOMATA: &[(Shape, usize)] = &[
    (AcquirerPath, 15),
    (StorePath, 12),
    (NumericBeginning, 10),
    (AppScheme, 8),
    (PayHost, 10),
    (ExactEntry, 6),
    (ExactDigits, 4),
    (ClassRunHost, 7),
    (OrderCode, 5),
    (OptionalScheme, 7),
    (EmvPattern, 4),
    (CaseInsensitive, 4),
    (Token, 3),
    (Automaton, 5),
];

/// A text that a rule accepts. One more character at `break_at` turns it into a near miss.
pub(crate) struct Sample {
    pub(crate) text: String,
    pub(crate) break_at: usize,
}

impl Shape {
    /// Returns the `match` member of the rule.
    pub(crate) fn match_json(self, n: usize) -> Value {
        match self {
            ExactEntry | ExactDigits => json!({ "exact": self.literal(n) }),
            AcquirerPath | StorePath | NumericBeginning | AppScheme | PayHost => {
                json!({ "prefix": self.literal(n) })
            }
            UrlHost => {
                json!({ "url": { "host": format!("qr.acquirer{n}.example"), "path": "/m" } })
            }
            UrlWildcard => json!({ "url": { "host": format!("*.shop{n}.example") } }),
            EmvGuid => json!({ "emv": { "guid": format!("A0000006{n:08}") } }),
            _ => json!({ "regex": self.regex(n) }),
        }
    }

    /// Returns the rule as a pattern of the `regex` crate, to search for anywhere in a code.
    ///
    /// The pattern of an `emv` rule only looks for the identifier, which accepts the same codes of
    /// this workload.
    pub(crate) fn peer_pattern(self, n: usize) -> String {
        match self {
            ExactEntry | ExactDigits => format!(r"\A{}\z", regex::escape(&self.literal(n))),
            AcquirerPath | StorePath | NumericBeginning | AppScheme | PayHost => {
                format!(r"\A{}", regex::escape(&self.literal(n)))
            }
            UrlHost => format!(r"\A(?i:https://qr\.acquirer{n}\.example)/m(?:[/?#]|\z)"),
            UrlWildcard => {
                format!(r"\A(?i-u:https://(?:[a-z0-9_-]{{1,63}}\.)+shop{n}\.example)(?:[/?#]|\z)")
            }
            EmvGuid => format!(r"\A000201(?s:.*)26200016(?i-u:A)0000006{n:08}"),
            _ => format!(r"\A(?:{})\z", self.regex(n).replace(r"\d", "[0-9]")),
        }
    }

    /// Draws a text of about `length` bytes that the rule accepts. It is longer or shorter where the
    /// rule leaves no choice.
    pub(crate) fn sample(self, n: usize, length: usize, random: &mut Random) -> Sample {
        let mut text = String::new();
        match self {
            ClassRunHost | UrlWildcard => {
                text.push_str("https://m");
                let count = random.within(3..12);
                random.fill(&mut text, LABEL, count);
                let _ = write!(text, ".shop{n}.example/");
            }
            UrlHost => {
                let _ = write!(text, "https://qr.acquirer{n}.example/m/");
            }
            OrderCode => {
                text.push_str("281");
                random.fill(&mut text, DIGITS, 3);
                let _ = write!(text, "04{n:04}");
            }
            OptionalScheme => {
                let scheme = ["https", "https", "http"][random.below(3)];
                let host = ["", "www.", "m."][random.below(3)];
                let _ = write!(text, "{scheme}://{host}site{n}.example/qr/");
            }
            EmvPattern => {
                let _ = write!(text, "00020101021226200016A0000006{n:08}");
            }
            EmvGuid => return emv_sample(n, length, random),
            CaseInsensitive => {
                let _ = write!(text, "HTTPS://QR.BRAND{n}.EXAMPLE/MPM/3/");
            }
            Token => {
                let _ = write!(text, "wp{n}:");
            }
            Automaton => {
                let _ = write!(text, "https://auto{n}.example/abbaabcdx");
            }
            _ => text = self.literal(n),
        }
        let break_at = text.len() - 2;
        let room = length.saturating_sub(text.len());
        match self {
            ExactEntry | ExactDigits => {}
            OrderCode => random.fill(&mut text, DIGITS, room.clamp(4, 24)),
            OptionalScheme => {
                random.fill(&mut text, HEX, room.clamp(6, 32));
                if room > 33 {
                    text.push('?');
                    random.fill(&mut text, TAIL, room - 33);
                }
            }
            Token => random.fill(&mut text, HEX, room.clamp(16, 64)),
            Automaton => random.fill(&mut text, DIGITS, room.clamp(1, 40)),
            NumericBeginning => random.fill(&mut text, DIGITS, room),
            _ => random.fill(&mut text, TAIL, room.max(1)),
        }
        Sample { text, break_at }
    }

    /// Returns `true` if the rule accepts texts of any length above its minimum.
    pub(crate) const fn is_open_ended(self) -> bool {
        !matches!(
            self,
            ExactEntry | ExactDigits | OrderCode | Token | Automaton | EmvGuid
        )
    }

    fn literal(self, n: usize) -> String {
        match self {
            AcquirerPath => format!("https://qr.acquirer{n}.example/m/"),
            StorePath => {
                format!(
                    "https://qr.example.com/merchants/region{}/store{n}/",
                    n % 16
                )
            }
            NumericBeginning => format!("2810{n:05}04"),
            AppScheme => format!("wallet{n}://pay?"),
            PayHost => format!("https://pay{n}.example/"),
            ExactEntry => {
                let hash = Random::new(n as u64).number();
                format!("https://qr.example.com/entry/{n}/{hash:016x}")
            }
            _ => {
                let hash = Random::new(n as u64).number() % 10_000_000_000_000_000;
                format!("{:08}{hash:016}", 25_100_102 + n)
            }
        }
    }

    fn regex(self, n: usize) -> String {
        match self {
            ClassRunHost => format!(r"https://[a-z0-9-]+\.shop{n}\.example/.*"),
            OrderCode => format!(r"281\d{{3}}04{n:04}\d{{4,24}}"),
            OptionalScheme => format!(
                r"https?://(?:www\.|m\.)?site{n}\.example/(?:qr|m)/[A-Za-z0-9]{{6,32}}(?:\?.*)?"
            ),
            EmvPattern => format!(r"000201.*A0000006{n:08}.*"),
            CaseInsensitive => format!(r"(?i)https://qr\.brand{n}\.example/mpm/3/.+"),
            Token => format!(r"wp{n}:[0-9a-f]{{16,64}}"),
            _ => format!(r"https://auto{n}\.example/(?:ab|ba|[a-c]+d)*x?(?:\d+|[a-z]{{2,}})*"),
        }
    }
}

/// Builds an EMVCo payload with the identifier in template 26, padded to about `length` bytes with
/// other data objects.
fn emv_sample(n: usize, length: usize, random: &mut Random) -> Sample {
    let mut text = format!("00020101021226200016A0000006{n:08}");
    let break_at = text.len() - 2;
    text.push_str("5303764");
    let mut tag = 80;
    while text.len() + 12 < length && tag < 99 {
        let room = (length - text.len() - 12).clamp(1, 99);
        let _ = write!(text, "{tag}{room:02}");
        random.fill(&mut text, DIGITS, room);
        tag += 1;
    }
    text.push_str("6304");
    let crc = text.bytes().fold(0xffff_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    });
    let _ = write!(text, "{crc:04X}");
    Sample { text, break_at }
}
