//! A compiled rule without its match, which is part of the matcher.

use crate::canary::{CompiledCanary, GroupHash, Groups, OpenIdHashes};
use crate::matcher::{CaptureScratch, GroupFinder, GroupSearch, GroupsTooCostly};
use crate::rule::{Action, Destination, RouteRule, RuleMatch, Template};
use crate::{
    Admission, CodeValue, CompileLimits, ConfigError, Outcome, Problem, ProblemCode, RuleId,
};

/// The parts of a rule that a lookup needs once the matcher has found that the rule accepts.
#[derive(Debug)]
pub(super) struct CompiledRule {
    /// The rule's id.
    pub(super) id: RuleId,
    canary: Option<Box<CompiledCanary>>,
    action: Action,
    /// Finds the groups that the action's template inserts, if it inserts any.
    groups: Option<Box<GroupFinder>>,
}

impl CompiledRule {
    /// Compiles what is left of `rules` beside their matches, in the same order, and
    /// the groups of their canaries.
    ///
    /// # Errors
    ///
    /// Every rule whose groups are too costly to find, not only the first.
    pub(super) fn compile_all(
        rules: &[RouteRule],
        limits: &CompileLimits,
    ) -> Result<(Vec<Self>, Box<[GroupHash]>), ConfigError> {
        let mut problems = Vec::new();
        let mut canaries = Groups::default();
        let mut all = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            let groups = match (&rule.rule_match, rule.action.template()) {
                (RuleMatch::Regex(pattern), Some(template)) => {
                    let finder = GroupFinder::new(pattern, template.groups(), limits);
                    finder.unwrap_or_else(|error| {
                        problems.push(groups_too_costly(index, rule, error));
                        None
                    })
                }
                _ => None,
            };
            let canary = rule.canary.as_ref().map(|canary| canaries.compile(canary));
            all.push(Self {
                id: rule.id.clone(),
                canary: canary.map(Box::new),
                action: rule.action.clone(),
                groups: groups.map(Box::new),
            });
        }
        if problems.is_empty() {
            Ok((all, canaries.into_hashes()))
        } else {
            Err(ConfigError::new(problems))
        }
    }

    /// Returns `true` if the canary admits no openId.
    pub(super) fn admits_no_one(&self) -> bool {
        let canary = self.canary.as_ref();
        canary.is_some_and(|canary| canary.admits_nobody())
    }

    /// Returns `true` if the rule admits the openId of `hashes`.
    pub(super) fn admits(&self, hashes: &mut OpenIdHashes<'_>) -> bool {
        self.canary
            .as_ref()
            .is_none_or(|canary| canary.admits(hashes))
    }

    /// Like [`Self::admits`], with the reason.
    pub(super) fn admission(&self, hashes: &mut OpenIdHashes<'_>) -> Admission {
        match &self.canary {
            None => Admission::NoCanary,
            Some(canary) => canary.admission(hashes),
        }
    }

    /// Returns what the action says of `code`, which the rule accepts. Templates are rendered into
    /// `rendered`, except for `{code}`, which is `code` itself.
    pub(super) fn outcome<'a>(
        &'a self,
        code: &'a str,
        captures: &mut CaptureScratch,
        rendered: &'a mut String,
    ) -> Outcome<'a> {
        let mut render = |template: &Template, destination| {
            let groups = self
                .groups
                .as_ref()
                .map(|groups| groups.find(code, captures));
            let group = |index| groups.as_ref().map_or("", |found| found.text(index));
            rendered.clear();
            template.render(code, group, destination, rendered);
        };
        match &self.action {
            Action::Unsupported => Outcome::Unsupported,
            Action::Decode { code_value } if code_value.is_code() => {
                Outcome::Decode { code_value: code }
            }
            Action::Decode { code_value } => {
                render(code_value, Destination::Value);
                Outcome::Decode {
                    code_value: rendered,
                }
            }
            Action::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                render(redirect_url, Destination::Url);
                Outcome::OpenUrl {
                    redirect_url: rendered,
                    user_agent,
                }
            }
        }
    }

    /// Returns the way in which the groups that the action inserts are found; `None` if it inserts
    /// none.
    pub(super) fn group_search(&self) -> Option<GroupSearch> {
        self.groups.as_ref().map(|groups| groups.search())
    }

    /// Returns `true` if the canary may need the SHA-256 of the openId.
    pub(super) fn has_digests(&self) -> bool {
        let canary = self.canary.as_ref();
        canary.is_some_and(|canary| canary.has_digests())
    }

    /// Returns the most steps of asking the canary whether it admits an openId, without the
    /// SHA-256 of the openId.
    pub(super) fn accept_steps(&self) -> u64 {
        let canary = self.canary.as_ref();
        1 + canary.map_or(0, |canary| canary.max_steps())
    }

    /// Returns the steps of [`Self::outcome`] for `code`, which the rule accepts.
    pub(super) fn outcome_steps(&self, code: &str) -> u64 {
        let groups = self.groups.as_ref().map_or(0, |groups| groups.steps(code));
        groups + self.action.render_steps(code.len() as u64)
    }

    /// Returns the most steps of [`Self::outcome`] for any code value.
    pub(super) fn max_outcome_steps(&self) -> u64 {
        let longest = CodeValue::MAX_BYTES as u64;
        let groups = self.groups.as_ref().map_or(0, |groups| groups.max_steps());
        groups.saturating_add(self.action.render_steps(longest))
    }

    /// Returns about how many bytes the rule takes on the heap, without what the allocator adds.
    pub(super) fn heap_bytes(&self) -> usize {
        let canary = self.canary.as_ref().map_or(0, |canary| {
            size_of::<CompiledCanary>() + canary.heap_bytes()
        });
        let groups = self
            .groups
            .as_ref()
            .map_or(0, |groups| size_of::<GroupFinder>() + groups.heap_bytes());
        self.id.as_str().len() + canary + self.action.heap_bytes() + groups
    }
}

fn groups_too_costly(index: usize, rule: &RouteRule, error: GroupsTooCostly) -> Problem {
    let GroupsTooCostly { states, max_states } = error;
    let pointer = format!("/rules/{index}/action");
    let message = format!(
        "finding the groups of this pattern takes {states} states, more than the {max_states} \
         allowed"
    );
    Problem::new(ProblemCode::GroupsTooCostly, pointer, message)
        .with_hint("shorten the pattern's repetitions, or insert only {code}")
        .in_rule(Some(rule.id.as_str()))
        .at(Some(rule.position))
}

#[cfg(test)]
mod tests {
    use crate::{CompileLimits, RouteTable};

    fn memory_usage(action: &str) -> usize {
        let config = format!(
            r#"{{"format": "codeid/1", "version": "1", "rules": [
                {{"id": "a", "match": {{"prefix": "28"}}, "action": {action}}}]}}"#
        );
        let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default());
        table.unwrap().memory_usage()
    }

    #[test]
    fn the_memory_of_a_table_includes_the_texts_of_actions() {
        let text = "x".repeat(100);
        let decode = r#"{"type": "DECODE", "codeValue": "{code}"}"#;
        let long_decode = format!(r#"{{"type": "DECODE", "codeValue": "{text}{{code}}"}}"#);
        assert!(memory_usage(&long_decode) >= memory_usage(decode) + 100);
        let open = |agent: &str| {
            let url = "https://pay.example/";
            let members = format!(r#""redirectUrl": "{url}", "userAgent": "-/{agent}""#);
            memory_usage(&format!(r#"{{"type": "OPEN_URL", {members}}}"#))
        };
        assert_eq!(open(&text), open("") + 100);
    }
}
