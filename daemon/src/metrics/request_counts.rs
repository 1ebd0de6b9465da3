//! Counts of one unit of work, which are recorded in a single step.

use codeid_engine::Outcome;

/// `true` if requests are counted and timed: the feature `metrics`.
pub(crate) const RECORDED: bool = cfg!(feature = "metrics");

/// The listener of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// `listen.http`, with or without TLS.
    Http,
    /// `listen.unix`, HTTP.
    Unix,
    /// `listen.resp`, the Redis protocol.
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
    /// By [`RequestResult`].
    pub(super) requests: [u64; RequestResult::ALL.len()],
    /// By [`Identification`].
    pub(super) identifications: [u64; Identification::ALL.len()],
}

impl RequestCounts {
    /// Counts one request.
    pub(crate) const fn count_request(&mut self, result: RequestResult) {
        if RECORDED {
            self.requests[result as usize] += 1;
        }
    }

    /// Counts the identification of one code value.
    pub(crate) const fn count_identification(&mut self, identification: Identification) {
        if RECORDED {
            self.identifications[identification as usize] += 1;
        }
    }

    /// Returns the counts of one request that failed before it identified a code value.
    pub(crate) fn of_request(result: RequestResult) -> Self {
        let mut counts = Self::default();
        counts.count_request(result);
        counts
    }
}

impl Listener {
    /// Every listener, in the order of the discriminants, which are indices.
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Unix, Self::Resp];

    /// Returns the label `listener` of metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Unix => "unix",
            Self::Resp => "resp",
        }
    }
}

impl RequestResult {
    /// Every result, in the order of the discriminants, which are indices.
    pub(super) const ALL: [Self; 3] = [Self::Success, Self::ParamIllegal, Self::UnknownException];

    /// Returns the result code, which is the label `result` of metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }
}

impl Identification {
    /// Every identification, in the order of the discriminants, which are indices.
    pub(super) const ALL: [Self; 5] = [
        Self::Decode,
        Self::OpenUrl,
        Self::Unsupported,
        Self::ParamIllegal,
        Self::UnknownException,
    ];

    /// Returns the identification that had this outcome.
    pub(crate) const fn of(outcome: &Outcome<'_>) -> Self {
        match outcome {
            Outcome::Unsupported => Self::Unsupported,
            Outcome::Decode { .. } => Self::Decode,
            Outcome::OpenUrl { .. } => Self::OpenUrl,
        }
    }

    /// Returns the result of a request for this identification alone.
    pub(crate) const fn result(self) -> RequestResult {
        match self {
            Self::Decode | Self::OpenUrl | Self::Unsupported => RequestResult::Success,
            Self::ParamIllegal => RequestResult::ParamIllegal,
            Self::UnknownException => RequestResult::UnknownException,
        }
    }

    /// Returns the type of the action, or the result code of a failure. `UNSUPPORTED` is also for
    /// code values that no rule decided.
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
