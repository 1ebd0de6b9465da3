//! Turns a panic while compiling into an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{ConfigError, Problem, ProblemCode};

/// Runs `work`, and returns an error if it panics.
///
/// A panic is a defect, but the config that causes it comes from outside, and must no more stop the
/// process than a config that is refused. The panic hook still reports where it happened.
///
/// # Errors
///
/// The error of `work`, or one with [`ProblemCode::InternalFault`] if it panics.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ConfigError>) -> Result<T, ConfigError> {
    // What `work` may have left half-changed is dropped with it: it only makes new values.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "internal fault while compiling the config";
        Err(Problem::new(ProblemCode::InternalFault, "", message)
            .with_hint("this is a defect of codeid: please report it")
            .into())
    })
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use crate::ProblemCode;

    #[test]
    fn a_panic_while_compiling_is_an_error() {
        let error = guarded::<()>(|| panic!("on purpose")).unwrap_err();
        let [problem] = error.problems() else {
            panic!("{error}");
        };
        assert_eq!(problem.code(), ProblemCode::InternalFault);
        assert!(problem.hint().is_some());
    }
}
