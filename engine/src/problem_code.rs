//! The codes of the problems of a route config.

use std::fmt;

use serde::{Serialize, Serializer};

/// Declares [`ProblemCode`] from one list, so that no variant lacks a text or is missing from
/// [`ProblemCode::ALL`].
macro_rules! problem_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// The kind of a [`Problem`](crate::Problem), for programs: messages may change, codes do
        /// not.
        ///
        /// Displays and serializes as words in lower case with hyphens, such as `duplicate-id`.
        /// Later versions may add codes.
        ///
        /// Source: SPEC.md, section 2.4.
        ///
        /// ```
        /// use codeid_engine::ProblemCode;
        /// assert_eq!(ProblemCode::DuplicateId.as_str(), "duplicate-id");
        /// assert!(ProblemCode::ALL.contains(&ProblemCode::NeverWins));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ProblemCode {
            /// Every code, in the order in which SPEC.md lists them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code's text: lower-case ASCII letters and hyphens.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

problem_codes! {
    /// The document has more characters than are allowed.
    ConfigTooLong = "config-too-long",
    /// The document is not UTF-8.
    NotUtf8 = "not-utf8",
    /// The document begins with a byte order mark.
    ByteOrderMark = "byte-order-mark",
    /// The document is not JSON, or is nested too deeply.
    NotJson = "not-json",
    /// A string holds half of a surrogate pair.
    LoneSurrogate = "lone-surrogate",
    /// A value has another JSON type than its field.
    WrongType = "wrong-type",
    /// A field that is mandatory is missing.
    MissingField = "missing-field",
    /// A field has a name that is not allowed there.
    UnknownField = "unknown-field",
    /// A field occurs twice in one object.
    DuplicateField = "duplicate-field",
    /// A text other than a template has too few or too many characters.
    WrongLength = "wrong-length",
    /// `format` is not a format that this version reads.
    UnknownFormat = "unknown-format",
    /// `version` holds a control character.
    BadVersion = "bad-version",
    /// A rule's `id` does not have the form of an id.
    BadId = "bad-id",
    /// An earlier rule has the same `id`.
    DuplicateId = "duplicate-id",
    /// A `match` has no kind.
    NoMatchKind = "no-match-kind",
    /// A `match` has several kinds.
    SeveralMatchKinds = "several-match-kinds",
    /// A pattern is not valid.
    BadPattern = "bad-pattern",
    /// A pattern uses syntax whose meaning in Java cannot be guaranteed here.
    UnsupportedPattern = "unsupported-pattern",
    /// A pattern has a capture group of a name that templates reserve.
    ReservedGroupName = "reserved-group-name",
    /// A pattern takes more states than one rule may.
    PatternTooLarge = "pattern-too-large",
    /// All patterns together take more states, ranges of classes or memory than are allowed.
    PatternsTooLarge = "patterns-too-large",
    /// The parts of a pattern can follow each other in too many ways, or it has too many states behind an
    /// assertion.
    PatternTooSlow = "pattern-too-slow",
    /// A template inserts capture groups of a pattern in which finding them takes too many states.
    GroupsTooCostly = "groups-too-costly",
    /// Looking up a code value can take more steps than are allowed.
    CodeTooCostly = "code-too-costly",
    /// The scheme of a `url` match is not a URL scheme.
    BadScheme = "bad-scheme",
    /// The host of a `url` match is not a host name.
    BadHost = "bad-host",
    /// The port of a `url` match is not a port.
    BadPort = "bad-port",
    /// The path of a `url` match does not have the form of a path.
    BadPath = "bad-path",
    /// An `emv` match has neither `guid` nor `tags`.
    EmptyEmvMatch = "empty-emv-match",
    /// A key of `tags` is not `NN` or `NN.NN`.
    BadTag = "bad-tag",
    /// The `type` of an action is unknown.
    UnknownAction = "unknown-action",
    /// `userAgent` does not have the form of a user-agent suffix.
    BadUserAgent = "bad-user-agent",
    /// A template has too many characters.
    TemplateTooLong = "template-too-long",
    /// A template has too many placeholders.
    TooManyPlaceholders = "too-many-placeholders",
    /// A template has a brace without its counterpart.
    UnbalancedBrace = "unbalanced-brace",
    /// A placeholder names neither the code value nor a capture group of the rule.
    UnknownPlaceholder = "unknown-placeholder",
    /// A placeholder names a capture group whose text is not certain to be Java's.
    UncertainGroup = "uncertain-group",
    /// A placeholder has a modifier other than `:url`.
    UnknownModifier = "unknown-modifier",
    /// A template could render to nothing.
    EmptyTemplate = "empty-template",
    /// A `redirectUrl` holds a control character or a space.
    BadRedirectUrl = "bad-redirect-url",
    /// A `redirectUrl` could lead to a host that the config does not name, or not to `https`.
    RedirectHostNotFixed = "redirect-host-not-fixed",
    /// A `percentage` is not a number from 0 to 100 with at most two decimal places.
    BadPercentage = "bad-percentage",
    /// An entry of an `allowlist` begins with `sha256:` and is not a digest.
    BadDigest = "bad-digest",
    /// Warning: a rule never wins, because an earlier one accepts everything that it accepts.
    NeverWins = "never-wins",
    /// Warning: a rule's canary admits no openId, so the rule never wins.
    AdmitsNobody = "admits-nobody",
    /// Warning: a `prefix` that looks like a URL is compared with regard to case.
    CaseSensitiveUrl = "case-sensitive-url",
    /// Warning: a pattern, or an `emv` match, accepts no code value.
    MatchesNothing = "matches-nothing",
    /// Warning: a pattern matches one text only, as an `exact` does.
    MatchesOneText = "matches-one-text",
    /// Warning: a pattern has a character that JSON writes `\b` or `\f`.
    JsonEscape = "json-escape",
    /// Warning: the template of a `DECODE` has no placeholder, so that it renders one text for all code
    /// values.
    FixedCodeValue = "fixed-code-value",
    /// Warning: a template has `$1`, `${`, `$code`, `{{code}}` or `\1`, which insert values elsewhere and
    /// are text here.
    ForeignPlaceholder = "foreign-placeholder",
    /// Warning: a `redirectUrl` inserts the code value, or a group, into its query without `:url`.
    UnencodedQuery = "unencoded-query",
    /// Warning: the host of a `url` match is `*.` and a domain below which anyone may have a host: a public
    /// suffix, or one with public suffixes further down.
    PublicSuffixHost = "public-suffix-host",
    /// Warning: with `trim`, a rule accepts no code value.
    UntrimmedMatch = "untrimmed-match",
    /// A defect of this program. As a warning: rules could not be compared.
    InternalFault = "internal-fault",
}

impl ProblemCode {
    /// Returns `true` if the config exceeds one of the [`CompileLimits`](crate::CompileLimits), so
    /// that greater limits could accept it. Limits that are fixed, such as those of
    /// [`Self::TemplateTooLong`], are not among them.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::ConfigTooLong
                | Self::PatternTooLarge
                | Self::PatternsTooLarge
                | Self::PatternTooSlow
                | Self::GroupsTooCostly
                | Self::CodeTooCostly
        )
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
