//! Counts of one unit of work, which are recorded in a single step.

use codeid_engine::Outcome;

/// `true` if requests are counted and timed: the feature `metrics`.
pub(crate) const RECORDED: bool = cfg!(feature = "metrics");

/// The listener of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// `listen.http`, with or without TLS.
    Http,
    Unix,
    Resp,
}

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestResult {
    Success,
    ParamIllegal,
    UnknownException,
}

/// The result for one code value and one openId.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identification {
    Decode,
    OpenUrl,
    Unsupported,
    ParamIllegal,
    UnknownException,
}

/// The requests and identifications of one unit of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCounts {
    pub(super) requests: [u64; RequestResult::ALL.len()],
    pub(super) identifications: [u64; Identification::ALL.len()],
}

impl RequestCounts {
    #[inline]
    pub(crate) const fn count_request(&mut self, result: RequestResult) {
        if RECORDED {
            self.requests[result as usize] += 1;
        }
    }

    #[inline]
    pub(crate) const fn count_identification(&mut self, identification: Identification) {
        if RECORDED {
            self.identifications[identification as usize] += 1;
        }
    }

    /// Counts of one request that failed before it identified a code value.
    pub(crate) fn of_request(result: RequestResult) -> Self {
        let mut counts = Self::default();
        counts.count_request(result);
        counts
    }
}

impl Listener {
    pub(super) const ALL: [Self; 3] = [Self::Http, Self::Unix, Self::Resp];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Unix => "unix",
            Self::Resp => "resp",
        }
    }
}

impl RequestResult {
    pub(super) const ALL: [Self; 3] = [Self::Success, Self::ParamIllegal, Self::UnknownException];

    /// The result code.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }
}

impl Identification {
    pub(super) const ALL: [Self; 5] = [
        Self::Decode,
        Self::OpenUrl,
        Self::Unsupported,
        Self::ParamIllegal,
        Self::UnknownException,
    ];

    pub(crate) const fn of(outcome: &Outcome<'_>) -> Self {
        match outcome {
            Outcome::Unsupported => Self::Unsupported,
            Outcome::Decode { .. } => Self::Decode,
            Outcome::OpenUrl { .. } => Self::OpenUrl,
        }
    }

    /// The result of a request for this alone.
    pub(crate) const fn result(self) -> RequestResult {
        match self {
            Self::Decode | Self::OpenUrl | Self::Unsupported => RequestResult::Success,
            Self::ParamIllegal => RequestResult::ParamIllegal,
            Self::UnknownException => RequestResult::UnknownException,
        }
    }

    /// The type of the action, `UNSUPPORTED` also if no rule decided, or the result code.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Decode => "DECODE",
            Self::OpenUrl => "OPEN_URL",
            Self::Unsupported => "UNSUPPORTED",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }
}
