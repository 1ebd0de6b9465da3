//! Families of rules: shapes that people write, each with any number of rules and with codes that
//! nearly match.
//!
//! A [`Family`] is a shape, and a number distinguishes its rules. Its codes are drawn from the
//! patterns themselves ([`sampler`]), so that a family needs no more than its pattern.

mod derived;
mod names;
mod peer_pattern;
mod public;
mod realistic;
mod sampler;
mod shapes;
#[cfg(test)]
mod tests;

use std::io;

use serde_json::json;

use self::sampler::{Sample, Sampler};
use self::shapes::Shape;
use crate::random::Random;
use crate::workload::{Rule, Workload};

/// The environment variable with the path of a file of real codes: JSON Lines with a member `code`.
pub const CORPUS_VARIABLE: &str = "CODEID_CORPUS";

/// A shape of rules.
#[derive(Clone, Debug)]
pub struct Family {
    name: &'static str,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Rules {
    /// The rule of a number, from 0.
    Shaped(fn(usize) -> Shape),
    /// Rules derived from these codes.
    FromCodes(Vec<String>),
}

/// The codes of a family's workload. Half are hits of rules drawn uniformly, and half are such hits
/// with one character changed, of which a few are hits, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyCodes {
    /// Codes of the lengths that the patterns suggest, from some ten to some two hundred bytes.
    Usual,
    /// Codes of about 8 KB: one repetition of the pattern, drawn uniformly, takes nearly all of them.
    /// Where the pattern has only bounded repetitions, one is exceeded, and no code is a hit.
    Long,
}

/// The action of a family's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Each rule inserts the code value.
    Code,
    /// Each rule inserts the group of its pattern.
    Group,
}

/// Returns all families, in the order of the reports. If [`CORPUS_VARIABLE`] is set, the last one,
/// `corpus`, has rules derived from the codes of that file.
///
/// # Errors
///
/// If that file cannot be read, or holds no codes.
pub fn families() -> io::Result<Vec<Family>> {
    let shaped = shapes::SHAPES.iter().map(|(name, shape)| Family {
        name,
        rules: Rules::Shaped(*shape),
    });
    let mut families: Vec<Family> = shaped.collect();
    if let Some(path) = std::env::var_os(CORPUS_VARIABLE) {
        families.push(Family {
            name: "corpus",
            rules: Rules::FromCodes(derived::read_corpus(path.as_ref())?),
        });
    }
    Ok(families)
}

impl Family {
    /// Returns the name, such as `any-scheme`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Draws `code_count` codes for the rules with the numbers below `rule_count`, the same in every run.
    ///
    /// # Panics
    ///
    /// If there are codes but no rules.
    #[must_use]
    pub fn workload(
        &self,
        rule_count: usize,
        template: Template,
        codes: FamilyCodes,
        code_count: usize,
    ) -> Workload {
        let rules: Vec<FamilyRule> = (0..rule_count).map(|n| self.rule(n)).collect();
        let mut random = Random::new(0x00fa_3117);
        let codes = (0..code_count)
            .map(|_| rules[random.below(rules.len())].code(codes, &mut random))
            .collect();
        let rule = |rule: FamilyRule| Rule {
            inserts_group: template == Template::Group,
            ..Rule::new(json!({ "regex": rule.pattern }), rule.peer_pattern)
        };
        Workload {
            rules: rules.into_iter().map(rule).collect(),
            codes,
        }
    }

    fn rule(&self, n: usize) -> FamilyRule {
        match &self.rules {
            Rules::Shaped(shape) => FamilyRule::new(shape(n), None),
            Rules::FromCodes(codes) => {
                // Neighbours in the file are alike. The step is a prime, so that all codes come up.
                let code = &codes[n * 7919 % codes.len()];
                FamilyRule::new(derived::shape_of(code, n), Some(code.clone()))
            }
        }
    }
}

/// A rule, and the means to draw codes that it accepts.
struct FamilyRule {
    pattern: String,
    peer_pattern: String,
    sampler: Sampler,
    /// The real code from which the rule was derived.
    origin: Option<String>,
}

impl FamilyRule {
    fn new(shape: Shape, origin: Option<String>) -> Self {
        let peer_pattern = peer_pattern::peer_pattern(&shape.pattern);
        let sampler = Sampler::new(&peer_pattern, shape.filler);
        Self {
            pattern: shape.pattern,
            peer_pattern,
            sampler,
            origin,
        }
    }

    fn code(&self, codes: FamilyCodes, random: &mut Random) -> String {
        let sample = match (codes, &self.origin) {
            (FamilyCodes::Usual, Some(origin)) => Sample::of_code(origin),
            (FamilyCodes::Usual, None) => self.sampler.sample(random),
            (FamilyCodes::Long, _) => self.sampler.long_sample(random),
        };
        if random.below(2) == 0 {
            sample.text
        } else {
            sample.with_one_character_changed(random)
        }
    }
}
