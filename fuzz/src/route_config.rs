//! Any bytes, as a route config.

use codeid_engine::{CompileLimits, ConfigError, Problem, ProblemCode, RouteConfig, RouteTable};

/// Parsing and compiling answers, whatever the bytes: with a table and warnings, or with problems.
/// Each of either has a message, a JSON pointer, and a position that lies in the text. No panic was
/// caught.
pub fn route_config(bytes: &[u8]) {
    match read(bytes) {
        Ok((config, table)) => {
            assert!(std::str::from_utf8(bytes).is_ok() && !table.version().is_empty());
            check(bytes, &config.lint(&table));
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            check(bytes, error.problems());
        }
    }
}

fn read(bytes: &[u8]) -> Result<(RouteConfig, RouteTable), ConfigError> {
    let config = RouteConfig::from_json(bytes, &limits())?;
    let table = RouteTable::compile(&config, &limits())?;
    Ok((config, table))
}

/// Low enough that no input takes a fuzzer's time.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 16_384;
    limits.max_rule_states = 1_000;
    limits.max_states = 5_000;
    limits
}

fn check(bytes: &[u8], problems: &[Problem]) {
    for problem in problems {
        assert_ne!(
            problem.code(),
            ProblemCode::InternalFault,
            "a panic was caught"
        );
        assert!(!problem.message().is_empty());
        assert!(!problem.message().contains('\n'), "{problem:?}");
        assert!(
            problem.pointer().is_empty() || problem.pointer().starts_with('/'),
            "{problem:?}"
        );
        let Some(position) = problem.position() else {
            continue;
        };
        let before = bytes
            .get(..position.offset)
            .expect("the position lies in the text");
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(position.line, lines + 1, "{problem:?}");
        assert!(position.column >= 1, "{problem:?}");
    }
}
