//! The engine's answers for a pattern and texts, through its public interface.

use codeid_engine::{
    CodeValue, CompileLimits, ConfigError, OpenId, Outcome, ProblemCode, RouteTable, Scratch,
};
use serde_json::json;

/// A character that no generated text has; it separates the groups.
const SEPARATOR: char = '\u{f0000}';
/// The most placeholders of a template.
const MAX_PLACEHOLDERS: usize = 16;

/// A table whose only rule is a pattern.
pub(crate) struct Compiled {
    table: RouteTable,
    /// The groups that are shown: their places among those that were asked for.
    pub(crate) shown: Vec<usize>,
}

/// The reason why a pattern is refused.
pub(crate) struct Refusal {
    pub(crate) code: ProblemCode,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Compiled {
    /// Compiles `pattern`, with a template of as many of `groups`, numbers and names, as the engine
    /// accepts.
    ///
    /// # Errors
    ///
    /// Returns a [`Refusal`] if the engine does not accept the pattern.
    pub(crate) fn new(pattern: &str, groups: &[String]) -> Result<Self, Refusal> {
        let mut shown: Vec<usize> = (0..groups.len().min(MAX_PLACEHOLDERS)).collect();
        loop {
            let (template, starts) = template(shown.iter().map(|&place| &*groups[place]));
            let error = match compile(pattern, &template) {
                Ok(table) => return Ok(Self { table, shown }),
                Err(error) => error,
            };
            let in_template = |pointer: &str| pointer.ends_with("/codeValue");
            if let Some(problem) = error.problems().iter().find(|p| !in_template(p.pointer()))
                && (shown.is_empty() || problem.code() != ProblemCode::GroupsTooCostly)
            {
                return Err(Refusal {
                    code: problem.code(),
                    message: problem.message().to_owned(),
                    hint: problem.hint().map(str::to_owned),
                });
            }
            assert!(!shown.is_empty(), "{pattern:?}: {error:?}");
            // Without the groups whose placeholders are refused, or without any.
            let at: Vec<usize> = error
                .problems()
                .iter()
                .filter_map(|problem| problem.position()?.in_pattern)
                .collect();
            let refused: Vec<bool> = starts.iter().map(|start| at.contains(start)).collect();
            if refused.contains(&true) {
                let mut refused = refused.into_iter();
                shown.retain(|_| refused.next() == Some(false));
            } else {
                shown.clear();
            }
        }
    }

    /// Returns the groups that are shown if the rule accepts `text`.
    pub(crate) fn answer(&self, text: &str, scratch: &mut Scratch) -> Option<Vec<String>> {
        let code_value = CodeValue::new(text).expect("texts have an allowed length");
        let user = OpenId::new("user-1").expect("it has an allowed length");
        match self.table.identify(code_value, user, scratch).outcome {
            Outcome::Decode { code_value } => {
                let parts = code_value.split(SEPARATOR);
                Some(parts.skip(1).map(str::to_owned).collect())
            }
            _ => None,
        }
    }
}

/// Returns the template that shows groups, and the character at which each placeholder begins.
fn template<'g>(groups: impl Iterator<Item = &'g str>) -> (String, Vec<usize>) {
    let mut template = "x".to_owned();
    let mut starts = Vec::new();
    for group in groups {
        template.push(SEPARATOR);
        starts.push(template.chars().count());
        template.push_str(&format!("{{{group}}}"));
    }
    (template, starts)
}

fn compile(pattern: &str, template: &str) -> Result<RouteTable, ConfigError> {
    let config = json!({"format": "codeid/1", "version": "1", "rules": [{
        "id": "r",
        "match": {"regex": pattern},
        "action": {"type": "DECODE", "codeValue": template},
    }]});
    RouteTable::from_json(config.to_string().as_bytes(), &CompileLimits::default())
}
