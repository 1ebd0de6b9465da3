//! Counts of one unit of work, which are recorded in a single step.

use codeid_engine::Outcome;

use super::by_variant::by_variant;

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
    /// The request was answered, also if an element of a batch was refused.
    Success,
    /// The request was refused.
    ParamIllegal,
    /// There was no table, or an internal fault.
    UnknownException,
}

/// The result for one code value and one openId.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identification {
    /// The verdict is to decode a code value.
    Decode,
    /// The verdict is to open a page.
    OpenUrl,
    /// The verdict is neither.
    Unsupported,
    /// A parameter is refused.
    ParamIllegal,
    /// There was no table, or an internal fault.
    UnknownException,
}

by_variant! {
    /// A value for each listener.
    ByListener of Listener: http = Http, unix = Unix, resp = Resp,
}

by_variant! {
    /// A value for each result of a request.
    ByResult of RequestResult:
        success = Success, param_illegal = ParamIllegal, unknown_exception = UnknownException,
}

by_variant! {
    /// A value for each result of one code value and one openId.
    ByIdentification of Identification:
        decode = Decode, open_url = OpenUrl, unsupported = Unsupported,
        param_illegal = ParamIllegal, unknown_exception = UnknownException,
}

/// The requests and identifications of one unit of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCounts {
    /// The number of requests with each result.
    pub(super) requests: ByResult<u64>,
    /// The number of code values with each result; a batch has several.
    pub(super) identifications: ByIdentification<u64>,
}

impl RequestCounts {
    /// Counts one request.
    pub(crate) const fn count_request(&mut self, result: RequestResult) {
        if RECORDED {
            *self.requests.of_mut(result) += 1;
        }
    }

    /// Counts the identification of one code value.
    pub(crate) const fn count_identification(&mut self, identification: Identification) {
        if RECORDED {
            *self.identifications.of_mut(identification) += 1;
        }
    }

    /// Returns the counts of one request that failed before it identified a code value.
    pub(crate) fn of_request(result: RequestResult) -> Self {
        let mut counts = Self::default();
        counts.count_request(result);
        counts
    }
}

impl<T> ByListener<T> {
    /// Makes a value for each listener.
    pub(crate) fn each(mut value: impl FnMut(Listener) -> T) -> Self {
        Self {
            http: value(Listener::Http),
            unix: value(Listener::Unix),
            resp: value(Listener::Resp),
        }
    }
}

impl Listener {
    /// Every listener.
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
    /// Every result.
    pub(super) const ALL: [Self; 3] = [Self::Success, Self::ParamIllegal, Self::UnknownException];

    /// Returns the result code, which is the label `result` of metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }
}

impl Identification {
    /// Every identification.
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

    /// Returns `true` if there is no verdict.
    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::ParamIllegal | Self::UnknownException)
    }

    /// Returns the type of the action, or the result code of a failure. `UNSUPPORTED` is also for
    /// code values that no rule decided.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Decode => "DECODE",
            Self::OpenUrl => "OPEN_URL",
            Self::Unsupported => "UNSUPPORTED",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }
}
