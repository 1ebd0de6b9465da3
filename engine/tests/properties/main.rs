//! Properties of the engine on generated configs, codes and openIds, through its public interface.
//!
//! `PROPTEST_CASES` sets the number of cases on which each property is tried. A long run:
//!
//! ```sh
//! PROPTEST_CASES=1000000 cargo test --release -p codeid-engine --test properties
//! ```

mod agreement;
mod cost;
#[cfg(feature = "counts")]
mod counts;
mod lint;
mod oracle;
mod parsing;
mod stability;

use codeid_engine::{CompileLimits, ConfigError, RouteTable};
use codeid_generate::{Case, Entropy};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// The number of cases on which a property is tried without `PROPTEST_CASES`: about a minute without
/// optimisation.
const CASES: u32 = 4000;

/// Returns a configuration with the cases that `PROPTEST_CASES` names, or by default [`CASES`]
/// divided by `share`.
fn config(share: u32) -> ProptestConfig {
    let from_environment = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if from_environment {
        default.cases
    } else {
        CASES / share
    };
    ProptestConfig {
        cases,
        // A property that few cases reach shows nothing: more than this many that exceed the limits
        // are a failure, and each is replaced by another case.
        max_global_rejects: 2 + cases / 100,
        failure_persistence: None,
        ..default
    }
}

/// Tries `property` on what `strategy` draws, for callers that look at what was reached afterwards.
fn hold<S: Strategy>(
    config: ProptestConfig,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(config);
    if let Err(error) = runner.run(strategy, property) {
        panic!("{error}\n{runner}");
    }
}

/// Returns a strategy that draws any case and shrinks to simpler ones.
fn any_case() -> impl Strategy<Value = Case> {
    proptest::collection::vec(any::<u8>(), 0..1024)
        .prop_map(|bytes| Case::draw(&mut Entropy::new(&bytes)))
}

/// Compiles the valid config `json`.
///
/// # Errors
///
/// Rejects a case that exceeds the limits, as one in thousands of generated configs does.
fn compile(json: &str) -> Result<RouteTable, TestCaseError> {
    let costs_too_much = |error: &ConfigError| {
        let mut problems = error.problems().iter();
        problems.all(|problem| problem.code().is_limit())
    };
    match RouteTable::from_json(json.as_bytes(), &limits()) {
        Ok(table) => Ok(table),
        Err(error) if costs_too_much(&error) => {
            Err(TestCaseError::reject("the config exceeds the limits"))
        }
        Err(error) => panic!("{:#?}\n{json}", error.problems()),
    }
}

/// Returns limits above the default, for patterns that nest repetitions.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_rule_states *= 10;
    limits.max_states *= 10;
    limits.max_code_steps *= 10;
    limits
}
