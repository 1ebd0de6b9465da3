//! The reason why a pattern is refused.

use std::borrow::Cow;

use crate::ProblemCode;

/// The reason why a pattern is refused, and its place.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The byte of the pattern where the fault begins.
    pub(super) offset: usize,
    /// The code of the problem.
    pub(super) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(super) message: String,
    /// The way to cure it: the equivalent to write instead, if there is one.
    pub(super) hint: Cow<'static, str>,
}

impl Refusal {
    /// The refusal of what Java rejects, too.
    pub(super) fn invalid(
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            offset,
            code: ProblemCode::BadPattern,
            message: format!("not a valid pattern: {}", message.into()),
            hint: hint.into(),
        }
    }

    /// The refusal of what has no guaranteed meaning here, although Java may accept it.
    pub(super) fn unsupported(
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            offset,
            code: ProblemCode::UnsupportedPattern,
            message: message.into(),
            hint: hint.into(),
        }
    }
}
