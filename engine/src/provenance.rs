//! The provenance of a table: which source its config came from, and when.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::hex;

/// The texts that are a level.
const LEVELS: &str = "a level: REMOTE, LOCAL or PRESET";

/// The texts that are a digest.
const DIGESTS: &str = "a SHA-256: 64 hex digits in lower case";

/// Stands in errors for a text that is neither, which is not quoted since its sender is not known.
const OTHER_TEXT: Unexpected<'static> = Unexpected::Other("another text");

/// The level of the source that a route config came from. A higher level is greater.
///
/// Displays, parses and serializes as the settings name it: `PRESET`, `LOCAL`, `REMOTE`.
///
/// Source: SPEC.md, section 3.
///
/// ```
/// use codeid_engine::InitLevel;
/// assert!(InitLevel::Remote > InitLevel::Local && InitLevel::Local > InitLevel::Preset);
/// assert_eq!("LOCAL".parse(), Ok(InitLevel::Local));
/// assert_eq!(InitLevel::Remote.to_string(), "REMOTE");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitLevel {
    /// The preset: built into the program, or a file that its operator names.
    Preset,
    /// The local storage, in which an earlier remote config was saved.
    Local,
    /// The remote source, from which route configs are issued.
    Remote,
}

/// The error of parsing a text that is not the name of an [`InitLevel`].
///
/// Source: SPEC.md, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLevelError;

/// The SHA-256 of the bytes of a route config. Equal digests mean equal bytes.
///
/// Displays, serializes and parses as 64 hex digits in lower case.
///
/// Source: SPEC.md, section 6.
///
/// ```
/// use codeid_engine::ConfigDigest;
/// let digest = ConfigDigest::new(b"abc");
/// let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(digest.to_string(), hex);
/// assert_eq!(hex.parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigDigest([u8; 32]);

/// The error of parsing a text that is not 64 hex digits in lower case as a [`ConfigDigest`].
///
/// Source: SPEC.md, section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseDigestError;

/// The origin of a table: its source, the time of loading and the cost of compiling, as recorded by
/// its publisher.
///
/// Version, number of rules and generation are properties of the table itself.
///
/// Source: SPEC.md, section 3.
///
/// ```
/// use codeid_engine::{ConfigDigest, InitLevel, Provenance};
/// let digest = ConfigDigest::new(b"{}");
/// let mut provenance = Provenance::new(InitLevel::Local, "data/rules.json".to_owned(), digest);
/// provenance.loaded_at_ms = 1_763_200_000_000;
/// assert_eq!(provenance.level.name(), "LOCAL");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provenance {
    /// The level of the source.
    pub level: InitLevel,
    /// The source as it may be shown: a URI without secrets, a path, or a word.
    pub uri: String,
    /// The digest of the bytes of the route config.
    pub digest: ConfigDigest,
    /// The time at which the config was loaded, in milliseconds since the beginning of 1970, UTC.
    pub loaded_at_ms: u64,
    /// The time that parsing, checking and compiling took.
    pub compile_time: Duration,
}

impl Provenance {
    /// Creates the provenance of a config with this digest from `uri`. Both times are 0.
    #[must_use]
    pub const fn new(level: InitLevel, uri: String, digest: ConfigDigest) -> Self {
        Self {
            level,
            uri,
            digest,
            loaded_at_ms: 0,
            compile_time: Duration::ZERO,
        }
    }
}

impl InitLevel {
    /// Returns the name of the level as it is written in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preset => "PRESET",
            Self::Local => "LOCAL",
            Self::Remote => "REMOTE",
        }
    }
}

impl fmt::Display for InitLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for InitLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for InitLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|ParseLevelError| D::Error::invalid_value(OTHER_TEXT, &LEVELS))
    }
}

impl FromStr for InitLevel {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        [Self::Preset, Self::Local, Self::Remote]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or(ParseLevelError)
    }
}

impl fmt::Display for ParseLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {LEVELS}")
    }
}

impl std::error::Error for ParseLevelError {}

impl ConfigDigest {
    /// Computes the digest of the bytes of a config.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns the 32 bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ConfigDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ConfigDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ConfigDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ConfigDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|ParseDigestError| D::Error::invalid_value(OTHER_TEXT, &DIGESTS))
    }
}

impl FromStr for ConfigDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        // One spelling for each digest, so that texts can be compared.
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseDigestError);
        }
        hex::decode(text.as_bytes())
            .map(Self)
            .ok_or(ParseDigestError)
    }
}

impl fmt::Display for ParseDigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {DIGESTS}")
    }
}

impl std::error::Error for ParseDigestError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_a_digest_is_refused() {
        let hex = ConfigDigest::new(b"").to_string();
        for wrong in [
            String::new(),
            hex[1..].to_owned(),
            format!("{hex}00"),
            hex.replace('e', "E"),
            hex.replace('e', "g"),
            hex.replacen("e3", "é", 1),
        ] {
            assert_eq!(
                wrong.parse::<ConfigDigest>(),
                Err(ParseDigestError),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_level_is_named_in_upper_case_only() {
        assert_eq!("remote".parse::<InitLevel>(), Err(ParseLevelError));
        assert_eq!("".parse::<InitLevel>(), Err(ParseLevelError));
    }
}
