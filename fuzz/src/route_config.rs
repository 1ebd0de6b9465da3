//! Any bytes, read as a route config.

use codeid_engine::{CompileLimits, ConfigError, Problem, ProblemCode, RouteConfig, RouteTable};

/// Checks that parsing and compiling end with a table and warnings, or with problems, and that each of
/// them has a message, a JSON pointer and a position inside the text, and does not report a panic.
///
/// # Panics
///
/// If the property does not hold.
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

/// Limits so low that no input is slow.
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
