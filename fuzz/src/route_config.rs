//! Any bytes, as a route config.

use codeid_engine::{CompileLimits, ConfigError, RouteTable};

/// Parsing and compiling answers, whatever the bytes: with a table, or with problems, each of which
/// has a message, a JSON pointer, and a position that lies in the text. No panic was caught.
pub fn route_config(bytes: &[u8]) {
    match RouteTable::from_json(bytes, &limits()) {
        Ok(table) => assert!(std::str::from_utf8(bytes).is_ok() && !table.version().is_empty()),
        Err(error) => check(bytes, &error),
    }
}

/// What the engine says of a panic. Text of the input can stand inside other messages.
const CAUGHT_PANIC: &str = "an internal fault of the compiler; the config is refused";

/// Low enough that no input takes a fuzzer's time.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 16_384;
    limits.max_rule_states = 1_000;
    limits.max_states = 5_000;
    limits
}

fn check(bytes: &[u8], error: &ConfigError) {
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        assert_ne!(problem.message(), CAUGHT_PANIC);
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
