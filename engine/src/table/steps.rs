//! The steps that lookups take: those of one code value, and a bound for all.

use super::compiled_rule::CompiledRule;
use crate::canary::DIGEST_STEPS;
use crate::matcher::{Matcher, Visitor};
use crate::rule::RouteRule;
use crate::{
    CodeCost, CodeValue, CompileLimits, ConfigError, CostlyCode, Problem, ProblemCode, RouteConfig,
    Scratch,
};

/// The steps of removing a byte from an end of a code value.
const TRIMMED_BYTE: u64 = 2;

/// Returns the bound on the steps of a code value. Removes DFAs from `matcher` if only without them
/// the bound is within `limits`.
///
/// # Errors
///
/// [`ConfigError`] if it is beyond `limits`.
pub(super) fn checked_bound(
    matcher: &mut Matcher,
    compiled: &[CompiledRule],
    config: &RouteConfig,
    limits: &CompileLimits,
) -> Result<u64, ConfigError> {
    let accept = accept_steps(compiled);
    let actions = compiled.iter().map(CompiledRule::max_outcome_steps);
    let action = actions.max().unwrap_or(0);
    let trimming = match config.trims() {
        true => TRIMMED_BYTE * CodeValue::MAX_BYTES as u64,
        false => 0,
    };
    let shared = trimming + digest_steps(compiled);
    let bound = |matcher: &Matcher| {
        let search = matcher.max_steps(&accept);
        search.saturating_add(action).saturating_add(shared)
    };
    let steps = bound(matcher);
    if steps <= limits.max_code_steps {
        return Ok(steps);
    }
    matcher.remove_dfas();
    let without_dfas = bound(matcher);
    if without_dfas <= limits.max_code_steps {
        return Ok(without_dfas);
    }
    let bound = cost_bound(matcher, compiled, steps);
    Err(too_costly(&bound, config.rules(), limits.max_code_steps).into())
}

/// Returns the bound `steps` with the rules that take the most of them.
pub(super) fn cost_bound(matcher: &Matcher, rules: &[CompiledRule], steps: u64) -> CodeCost {
    let mut by_rule = matcher.max_steps_by_rule(&accept_steps(rules));
    for (sum, rule) in by_rule.iter_mut().zip(rules) {
        *sum = sum.saturating_add(rule.max_outcome_steps());
    }
    CodeCost::new(steps, &by_rule, |index| &rules[index].id)
}

/// Returns the most steps that a lookup of `code_value`, which is trimmed if `trim` is true, can take.
pub(super) fn code_cost(
    matcher: &Matcher,
    rules: &[CompiledRule],
    trim: bool,
    code_value: CodeValue<'_>,
    scratch: &mut Scratch,
) -> CodeCost {
    let whole = code_value.as_str();
    let looked_up = if trim { code_value.trimmed() } else { whole };
    let mut meter = Meter {
        steps: TRIMMED_BYTE * (whole.len() - looked_up.len()) as u64 + digest_steps(rules),
        by_rule: vec![0; rules.len()],
        accepted: Vec::new(),
    };
    if looked_up.is_empty() {
        return CodeCost::new(meter.steps, &[], |index| &rules[index].id);
    }
    matcher.search_first(
        looked_up,
        &mut scratch.search,
        &mut scratch.captures,
        &mut meter,
    );
    // A canary is asked each time.
    for &rule in &meter.accepted {
        let steps = rules[rule as usize].accept_steps();
        meter.steps += steps;
        meter.by_rule[rule as usize] += steps;
    }
    meter.accepted.sort_unstable();
    meter.accepted.dedup();
    let mut action = 0;
    for &rule in &meter.accepted {
        let steps = rules[rule as usize].outcome_steps(looked_up);
        action = steps.max(action);
        meter.by_rule[rule as usize] += steps;
    }
    CodeCost::new(meter.steps + action, &meter.by_rule, |index| {
        &rules[index].id
    })
}

/// Returns an expensive code value, with its cost.
pub(super) fn costly_code(matcher: &Matcher, rules: &[CompiledRule], trim: bool) -> CostlyCode {
    let mut scratch = Scratch::new();
    let mut cost = |text: &str| {
        // Nothing that is constructed is too long, but it may be empty.
        let code_value = CodeValue::new(text).ok()?;
        Some(code_cost(matcher, rules, trim, code_value, &mut scratch))
    };
    let steps = |text: &str| cost(text).map_or(0, |cost| cost.steps);
    let code_value = matcher.costly_code(&accept_steps(rules), steps);
    let nothing = || CodeCost::new(0, &[], |index| &rules[index].id);
    CostlyCode {
        cost: cost(&code_value).unwrap_or_else(nothing),
        code_value,
    }
}

fn too_costly(bound: &CodeCost, rules: &[RouteRule], max: u64) -> Problem {
    let named = bound.rules.iter().map(|rule| {
        let percentage = bound.percentage(rule);
        format!("{} (rule {}, {percentage} %)", rule.rule, rule.index + 1)
    });
    let message = format!(
        "looking up a code value can take {} steps but at most {max} are allowed; the most costly \
         rules are {}",
        bound.steps,
        named.collect::<Vec<_>>().join(", ")
    );
    let hint = "begin patterns with literals, avoid \\b and repeated wildcards, insert groups only of \
                short patterns, or raise compile.max-code-steps";
    let costliest = bound.rules.first();
    let pointer = costliest.map_or_else(
        || "/rules".to_owned(),
        |rule| format!("/rules/{}/match", rule.index),
    );
    let problem = Problem::new(ProblemCode::CodeTooCostly, pointer, message).with_hint(hint);
    match costliest.and_then(|rule| rules.get(rule.index)) {
        None => problem,
        Some(rule) => problem
            .in_rule(Some(rule.id.as_str()))
            .at(Some(rule.match_position)),
    }
}

/// Returns the most steps of the openId's SHA-256, which is computed once for all rules.
fn digest_steps(rules: &[CompiledRule]) -> u64 {
    match rules.iter().any(CompiledRule::has_digests) {
        true => DIGEST_STEPS,
        false => 0,
    }
}

fn accept_steps(rules: &[CompiledRule]) -> Vec<u64> {
    rules.iter().map(CompiledRule::accept_steps).collect()
}

/// Sums up the steps of a search in which every rule matters.
struct Meter {
    steps: u64,
    by_rule: Vec<u64>,
    /// In any order, some more than once.
    accepted: Vec<u32>,
}

impl Visitor for Meter {
    fn wants(&self, _rule: u32) -> bool {
        true
    }

    fn accepted(&mut self, rule: u32) {
        self.accepted.push(rule);
    }

    fn spend(&mut self, work: impl FnOnce() -> (u32, u64)) {
        let (rule, steps) = work();
        self.steps += steps;
        // Some work is done for no rule.
        if let Some(sum) = self.by_rule.get_mut(rule as usize) {
            *sum += steps;
        }
    }
}
