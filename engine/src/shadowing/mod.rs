//! Warnings that need a comparison of rules or a DFA: a rule never wins if an earlier one accepts all
//! that it accepts, or if trimming leaves no code value that it accepts, and a pattern may match one text only,
//! or none.

mod anchors;
mod cover;
mod language;
mod lazy_dfa;
mod sample;
mod shadow;
mod syntactic;
mod texts;

use self::lazy_dfa::Budget;
use self::shadow::Loser;
use self::texts::Matched;
use crate::guard::guarded;
use crate::rule::{RouteRule, RuleMatch};
use crate::{Problem, ProblemCode, RouteConfig, RouteTable};

/// The most characters of a text that a hint shows.
const MAX_SHOWN_CHARACTERS: usize = 64;

impl RouteConfig {
    /// Returns everything in the config that is allowed but probably not meant, in document order:
    /// the [`warnings`](Self::warnings) of parsing it; each rule that can never win, because an
    /// earlier rule accepts all code values that it accepts, for every openId, or because trimming
    /// changes them all; and each pattern that matches one code value only, or none. `table` is what
    /// this config compiles to.
    ///
    /// A rule is reported only if this is proved. A rule that is not reported may still never win:
    /// several earlier rules may cover it together, which is not checked, and a proof may take more
    /// work than is allowed. A `prefix` is not covered by the same text followed by `.*`, which does
    /// not accept a newline.
    ///
    /// # Complexity
    ///
    /// About as much work as compiling if the rules have little in common; bounded in any case. Not
    /// for a thread that serves.
    ///
    /// Source: SPEC.md, section 8.
    ///
    /// ```
    /// use codeid_engine::{CompileLimits, RouteConfig, RouteTable};
    /// let json = br#"{"format": "codeid/1", "version": "1", "rules": [
    ///     {"id": "all", "match": {"prefix": "281"}, "action": {"type": "DECODE"}},
    ///     {"id": "some", "match": {"regex": "28101\\d{9}"}, "action": {"type": "UNSUPPORTED"}}]}"#;
    /// let config = RouteConfig::from_json(json, &CompileLimits::default())?;
    /// let table = RouteTable::compile(&config, &CompileLimits::default())?;
    /// let warnings = config.lint(&table);
    /// assert_eq!(warnings[0].pointer(), "/rules/1/match");
    /// assert!(warnings[0].message().contains("rule all (rule 1)"));
    /// # Ok::<(), codeid_engine::ConfigError>(())
    /// ```
    #[must_use]
    pub fn lint(&self, table: &RouteTable) -> Vec<Problem> {
        let rules = self.rules();
        let mut found = self.warnings().to_vec();
        let compare = || {
            let losers = shadow::find(self, table.matcher());
            let losers = losers.iter().map(|loser| problem(rules, loser));
            Ok(losers.chain(few_texts(rules)).collect::<Vec<Problem>>())
        };
        match guarded(compare) {
            Ok(problems) => found.extend(problems),
            Err(_) => found.push(
                Problem::new(
                    ProblemCode::InternalFault,
                    "/rules",
                    "comparing the rules met an internal fault",
                )
                .with_hint("this is a defect of codeid: please report it"),
            ),
        }
        found.sort_by_key(|problem| problem.position().map(|position| position.offset));
        found
    }
}

/// Returns the warnings about patterns that match one code value only, or none.
fn few_texts(rules: &[RouteRule]) -> Vec<Problem> {
    let mut budget = Budget::default();
    let mut found = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let RuleMatch::Regex(pattern) = &rule.rule_match else {
            continue;
        };
        let (code, message, hint) = match texts::matched(pattern.hir(), &mut budget) {
            None => continue,
            Some(Matched::None) => (
                ProblemCode::MatchesNothing,
                "the pattern matches no code value",
                "remove this rule, or correct the pattern".to_owned(),
            ),
            Some(Matched::One(text)) => {
                let exact = match serde_json::to_string(&text) {
                    Ok(json) if text.chars().count() <= MAX_SHOWN_CHARACTERS => json,
                    _ => "\"…\"".to_owned(),
                };
                (
                    ProblemCode::MatchesOneText,
                    "the pattern matches one text only",
                    format!("{{\"exact\": {exact}}} says so"),
                )
            }
        };
        let problem = Problem::new(code, format!("/rules/{index}/match/regex"), message)
            .with_hint(hint)
            .in_rule(Some(rule.id.as_str()))
            .at(Some(rule.match_position));
        found.push(problem);
    }
    found
}

fn problem(rules: &[RouteRule], loser: &Loser) -> Problem {
    let pointer = |rule| format!("/rules/{rule}/match");
    let (rule, problem) = match *loser {
        Loser::Shadowed { rule, by } => {
            let first = &rules[by].id;
            let message = format!(
                "this rule can never win: the earlier rule {first} (rule {}) accepts all that it \
                 accepts",
                by + 1
            );
            let hint = format!(
                "move this rule above {first}, make {first} accept less, or remove this rule"
            );
            let problem = Problem::new(ProblemCode::NeverWins, pointer(rule), message);
            (rule, problem.with_other_rule(by).with_hint(hint))
        }
        Loser::Untrimmed { rule } => {
            let message = "this rule can never win: all that it accepts begins or ends with what \
                           trim removes";
            let hint = "leave out the white space and control characters at both ends, or trim";
            let problem = Problem::new(ProblemCode::UntrimmedMatch, pointer(rule), message);
            (rule, problem.with_hint(hint))
        }
    };
    problem
        .in_rule(Some(rules[rule].id.as_str()))
        .at(Some(rules[rule].match_position))
}

#[cfg(test)]
mod tests;
