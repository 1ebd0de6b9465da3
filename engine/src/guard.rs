//! Turns a panic of the compiler into an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{ConfigError, Problem, ProblemCode};

/// Runs `work`; a panic in it, which would be a defect, is an error like any.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, ConfigError>) -> Result<T, ConfigError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "an internal fault of the compiler; the config is refused";
        Err(Problem::new(ProblemCode::InternalFault, "", message)
            .with_hint("this is a defect of codeid: please report it")
            .into())
    })
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_while_compiling_is_an_error_like_any() {
        let error = guarded::<()>(|| panic!("on purpose")).unwrap_err();
        assert_eq!(error.problems().len(), 1);
        assert!(error.problems()[0].hint().is_some());
    }
}
