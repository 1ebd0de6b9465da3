//! The problems of settings.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::key_version::ParseKeyVersionError;
use super::location::ParseLocationError;
use super::value_source::Source;
use crate::error_chain::ErrorChain;
use crate::host::ParseHostError;
use crate::regular_file::ReadError;
use crate::uri::{opened_path, shown_name, shown_path};
use crate::url::UrlError;

/// Every problem of the settings, at least one.
///
/// Displays as one line. The only problem displays without its cause, which is the source; several
/// problems display with their causes, and with semicolons between them. No value that may be secret
/// is shown.
#[derive(Debug)]
pub struct SettingsError {
    /// Never empty.
    problems: Vec<Problem>,
}

/// A problem of one setting, or of a few that contradict each other.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// The file of the settings cannot be used. The causes of `error` are those of the problem.
    #[error("{}: {error}", shown_path(.path))]
    File { path: PathBuf, error: FileError },
    /// The file is not TOML. The parser reports several such problems.
    #[error("{}:{line}: {message}", opened_path(.path))]
    Syntax {
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The message of the parser, in one line.
        message: String,
    },
    /// A variable begins like one of a setting and is not written like one, such as in lower case.
    #[error(
        "unknown setting {} in the environment{}",
        shown_name(variable),
        DidYouMean(.nearest.as_deref())
    )]
    UnknownVariable {
        variable: String,
        /// The variable that it resembles most; `None` if it resembles none.
        nearest: Option<String>,
    },
    /// The value of a variable is not text.
    #[error("{}: the value is not valid Unicode", shown_name(variable))]
    NotUnicode { variable: String },
    /// No setting has this key.
    #[error(
        "{place}: unknown setting {}{}",
        shown_name(key),
        match .nearest {
            Some(_) => DidYouMean(.nearest.as_deref()).to_string(),
            None => "; `codeid settings` lists all settings".to_owned(),
        }
    )]
    UnknownKey {
        /// The place of the setting: a line of a file, the environment or the command line.
        place: Source,
        key: String,
        /// The key that it resembles most; `None` if it resembles none.
        nearest: Option<String>,
    },
    /// The text after the prefix of a key is not the version of a key.
    #[error("{place}: unknown setting {}", shown_name(key))]
    InvalidKeyVersion {
        place: Source,
        key: String,
        source: ParseKeyVersionError,
    },
    /// A setting has a value that it cannot have. The message of `error` is the rest of the sentence, and its
    /// causes are those of the problem.
    #[error("{place}: {key} {error}")]
    Value {
        place: Source,
        key: String,
        error: ValueError,
    },
    /// Every serving listener is off.
    #[error("listen.http, listen.unix and listen.resp are all off: nothing to serve")]
    NothingToServe,
    /// One of two settings that belong together is missing.
    #[error("{given} is set, and {missing} is not")]
    Incomplete {
        /// The key of the setting that is set.
        given: &'static str,
        /// The key of the setting that is not.
        missing: &'static str,
    },
    /// Two parts would destroy each other's file.
    #[error("{first} and {second} must not be the same path")]
    SamePath {
        first: &'static str,
        second: &'static str,
    },
    /// The admin plane would admit every caller over TCP.
    #[error(
        "admin.http is set, and admin.tokens-path is not: over TCP the admin plane admits only \
         holders of a token"
    )]
    AdminWithoutTokens,
    /// Tokens of the admin plane would be readable on their way to this address.
    #[error(
        "admin.http is {0}, which other machines reach, and admin.tls-cert-path is not set: a token \
         must not be sent in the clear"
    )]
    AdminInTheClear(SocketAddr),
    /// The table would be stale although every pull succeeds.
    #[error(
        "reload.stale-after-ms must be more than the longest time between two pulls, {} ms with its \
         jitter, not {}: the live table would be stale before each pull",
        .longest_delay.as_millis(),
        .stale_after.as_millis()
    )]
    StaleBeforeEachPull {
        /// The longest time between two pulls, with its jitter.
        longest_delay: Duration,
        /// The value of `reload.stale-after-ms`.
        stale_after: Duration,
    },
    /// No response of the upstream could be verified.
    #[error(
        "proxy.upstream-url is set, and no public key of the upstream is, such as \
         proxy.public-keys.1"
    )]
    NoPublicKey,
    /// The customer is to be found by a login check, and there is no URL for it.
    #[error("proxy.customer-from is login-check, and proxy.login-check-url is not set")]
    NoLoginCheck,
    /// The URL of a login check would never be called.
    #[error("proxy.login-check-url is set, and proxy.customer-from is not login-check")]
    UnusedLoginCheck,
    /// The decision log is to have hashes, and there is no key for them.
    #[error("decision-log.values is hashed, and decision-log.hash-key-path is not set")]
    NoHashKey,
    /// The key for hashes would never be used.
    #[error("decision-log.hash-key-path is set, and decision-log.values is not hashed")]
    UnusedHashKey,
    /// A header of this name cannot be sent on to the login check.
    #[error(
        "proxy.login-check-headers: {0} belongs to one message or connection and cannot be forwarded"
    )]
    NotForwardable(hyper::header::HeaderName),
    /// A part of the daemon refuses the value. The predicate shows nothing of it.
    #[error("{key} {why}")]
    Invalid {
        key: &'static str,
        /// The predicate of the message, such as `must be …`.
        why: String,
        /// The cause, if the predicate does not say all.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The value names a thing that cannot be used, such as a file that cannot be read.
    #[error("invalid {key}")]
    Unusable {
        key: String,
        source: Box<dyn Error + Send + Sync>,
    },
}

/// A fault of the file of the settings as a whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// The file was not read, or has more than 1 MiB.
    #[error("cannot be used")]
    Unreadable(#[source] ReadError),
    /// The file is not text from this byte on, counted from 0.
    #[error("is not UTF-8 at byte {0}")]
    NotUtf8(usize),
}

/// A value that its key does not allow. Displays as the rest of a sentence that begins with the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ValueError {
    /// The value is shown, in at most 64 characters.
    #[error("must be {allowed}, not {given}")]
    NotAllowed {
        /// The values that are allowed, as a phrase that follows "must be"; so in all variants.
        allowed: String,
        /// The beginning of the value, at most 64 characters.
        given: String,
    },
    /// The value is of a kind that may hold a secret.
    #[error("must be {allowed} (value not shown: it may contain a secret)")]
    NotShown { allowed: String },
    /// The value is not the URL that its key needs, and is shown.
    #[error("must be {allowed}, not {given}")]
    Url {
        allowed: String,
        given: String,
        source: UrlError,
    },
    /// The value is not the URL that its key needs, and may hold a secret.
    #[error("must be {allowed} (value not shown: it may contain a secret)")]
    UrlNotShown { allowed: String, source: UrlError },
    /// The value is not a path or URI, and is shown.
    #[error("must be {allowed}, not {given}")]
    Location {
        allowed: String,
        given: String,
        source: ParseLocationError,
    },
    /// The value is not a path or URI, and may hold a secret.
    #[error("must be {allowed} (value not shown: it may contain a secret)")]
    LocationNotShown {
        allowed: String,
        source: ParseLocationError,
    },
    /// One name of a list is wrong. It is shown in at most 64 characters.
    #[error("must be {allowed}; {name} is not such a name")]
    Name {
        allowed: String,
        /// The beginning of the name, at most 64 characters.
        name: String,
        /// The reason why it is not a host, where one is needed.
        source: Option<ParseHostError>,
    },
}

struct DidYouMean<'a>(Option<&'a str>);

impl SettingsError {
    /// The error of these `problems`, at least one.
    pub(super) const fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Returns each problem with its causes, as one line.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        self.problems.iter().map(Problem::with_causes)
    }

    /// The error of a value of `key` that the daemon does not know. `why` is the rest of a sentence
    /// that begins with the key, and shows nothing of the value.
    pub(crate) fn invalid(key: &'static str, why: impl fmt::Display) -> Self {
        Self::new(vec![Problem::Invalid {
            key,
            why: why.to_string(),
            source: None,
        }])
    }

    /// The error of a value of `key` that cannot be what `why` says, because of `source`. `why` is as
    /// for [`Self::invalid`].
    pub(crate) fn invalid_because(
        key: &'static str,
        why: impl fmt::Display,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(vec![Problem::Invalid {
            key,
            why: why.to_string(),
            source: Some(source.into()),
        }])
    }

    /// The error of a value of `key` that names something unusable, such as a file that cannot be
    /// read, because of `source`.
    pub(crate) fn unusable(
        key: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(vec![Problem::Unusable {
            key: key.into(),
            source: source.into(),
        }])
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [problem] = self.problems.as_slice() else {
            let lines = self.problems.iter().map(Problem::with_causes);
            return f.write_str(&lines.collect::<Vec<_>>().join("; "));
        };
        problem.fmt(f)
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.problems.as_slice() {
            [problem] => problem.cause(),
            _ => None,
        }
    }
}

impl Problem {
    fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { error, .. } => error.source(),
            Self::Value { error, .. } => error.source(),
            problem => problem.source(),
        }
    }

    /// Returns the problem and its causes in one line.
    fn with_causes(&self) -> String {
        match self.cause() {
            Some(cause) => format!("{self}: {}", ErrorChain(cause)),
            None => self.to_string(),
        }
    }
}

impl ValueError {
    /// The error of the value `given`, which is not one of those that `allowed` displays.
    pub(super) fn not(allowed: &(impl fmt::Display + ?Sized), given: &impl fmt::Display) -> Self {
        Self::NotAllowed {
            allowed: allowed.to_string(),
            given: given.to_string(),
        }
    }
}

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}
