//! The settings of the decision log.

use std::path::PathBuf;

use super::declarations::Keys;
use super::error::Problem;
use super::kind::{FileOrOff, FilePath, OneOf, RuleNames, Shares, Whole};
use super::word::Word;
use super::{RuleName, Secrets, Share};

/// The log of how code values were decided.
#[derive(Clone, Debug)]
pub struct DecisionLog {
    /// The file that lines are appended to.
    pub path: PathBuf,
    /// The length from which on the file is renamed: 64 KiB to 1 TiB.
    pub max_bytes: u64,
    /// The share of the decisions that have a line.
    pub sample: Share,
    /// The rules whose decisions have a line; empty for all decisions.
    pub rules: Vec<RuleName>,
    /// The form of code values and openIds.
    pub values: LoggedValues,
}

/// The form of code values and openIds in the decision log.
#[derive(Clone, Debug)]
pub enum LoggedValues {
    /// A few characters of each are shown.
    Masked,
    /// Each is replaced by a keyed hash.
    Hashed(HashKeyFile),
}

/// The file of the key for hashes.
#[derive(Clone, Debug)]
pub struct HashKeyFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The access to the file.
    pub secrets: Secrets,
}

/// The words of `decision-log.values`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    Masked,
    Hashed,
}

impl DecisionLog {
    /// Declares the keys of `decision-log`. Returns `None` if it is off.
    pub(super) fn declare(keys: &mut Keys, secrets: &Secrets) -> Option<Self> {
        let path = keys.setting(
            "decision-log.path",
            FileOrOff,
            None,
            "The file to which a line of JSON is added for each code value that was decided, with its\n\
             rule and action; the code value and the openId are masked or hashed. The file has mode 0600.\n\
             It may be renamed at any time: the next line begins a new one.",
        );
        let max_bytes: usize = keys.setting(
            "decision-log.max-bytes",
            Whole::between(64 << 10, 1 << 40, "bytes"),
            64 << 20,
            "The length from which on that file is renamed, with .1 at the end of its name, in place of\n\
             the one that was renamed before. So both together take at most twice this length.",
        );
        let sample = keys.setting(
            "decision-log.sample",
            Shares,
            Share::WHOLE,
            "The share of the decisions that have a line. Each is chosen by chance, whatever its code\n\
             value and openId are.",
        );
        let rules = keys.optional(
            "decision-log.rules",
            RuleNames,
            "The rules whose decisions have a line. @none stands for code values that no rule decided, and\n\
             for failures. Without it, all decisions may have one.",
        );
        let values = keys.setting(
            "decision-log.values",
            OneOf::words(),
            Values::Masked,
            "The form of code values and openIds. masked shows the first characters of a code value, up to\n\
             six, or the scheme and the end of the host of a URL, and the last two of an openId of eight or\n\
             more. hashed shows HMAC-SHA-256 of each under the key below, cut to 128 bits.",
        );
        let key_path = keys.optional(
            "decision-log.hash-key-path",
            FilePath,
            "The key of these hashes, a text of 32 to 1024 bytes. Only its owner, and the group of\n\
             secrets.group, may have access to the file. With the key, the hash of a known code value or openId\n\
             can be computed, and looked for.",
        );
        let values = match (values, key_path) {
            (Values::Masked, None) => LoggedValues::Masked,
            (Values::Hashed, Some(path)) => LoggedValues::Hashed(HashKeyFile {
                path,
                secrets: secrets.clone(),
            }),
            (Values::Hashed, None) => {
                keys.contradiction(Problem::NoHashKey);
                LoggedValues::Masked
            }
            (Values::Masked, Some(_)) => {
                keys.contradiction(Problem::UnusedHashKey);
                LoggedValues::Masked
            }
        };
        Some(Self {
            path: path?,
            max_bytes: max_bytes as u64,
            sample,
            rules: rules.unwrap_or_default(),
            values,
        })
    }
}

impl Word for Values {
    const ALL: &'static [Self] = &[Self::Masked, Self::Hashed];

    fn word(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Hashed => "hashed",
        }
    }
}
