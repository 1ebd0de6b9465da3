//! Properties of the engine on generated configs, codes and openIds, through its public interface.
//!
//! `PROPTEST_CASES` sets how many cases each property is tried on. The long run, of a million:
//!
//! ```sh
//! PROPTEST_CASES=1000000 cargo test --release -p codeid-engine --test properties
//! ```

mod agreement;
#[cfg(feature = "counts")]
mod counts;
mod lint;
mod oracle;
mod parsing;
mod stability;

use codeid_engine::{CompileLimits, ConfigError, RouteTable};
use codeid_generate::{Case, Entropy};
use proptest::prelude::*;

/// How many cases a property is tried on unless `PROPTEST_CASES` says otherwise: about a minute
/// without optimisation.
const CASES: u32 = 4000;

/// As many cases as asked for; or by default one `share`-th of [`CASES`].
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
        failure_persistence: None,
        ..default
    }
}

/// Any case; it shrinks to simpler ones.
fn any_case() -> impl Strategy<Value = Case> {
    proptest::collection::vec(any::<u8>(), 0..1024)
        .prop_map(|bytes| Case::draw(&mut Entropy::new(&bytes)))
}

/// Compiles `json`, which is valid; `None` if it is refused for what it costs, which happens once in
/// thousands of cases.
fn compile(json: &str) -> Option<RouteTable> {
    let refused_for_its_cost = |error: &ConfigError| {
        let mut problems = error.problems().iter();
        problems.all(|problem| {
            ["states", "steps"]
                .iter()
                .any(|unit| problem.message().contains(unit))
        })
    };
    match RouteTable::from_json(json.as_bytes(), &limits()) {
        Ok(table) => Some(table),
        Err(error) if refused_for_its_cost(&error) => None,
        Err(error) => panic!("{:#?}\n{json}", error.problems()),
    }
}

/// Higher than the default, for patterns that nest repetitions.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_rule_states *= 10;
    limits.max_states *= 10;
    limits
}
