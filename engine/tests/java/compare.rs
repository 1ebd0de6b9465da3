//! Compares what Java and the engine make of one pattern.

use std::fmt;

use codeid_engine::Scratch;

use crate::counts::Counts;
use crate::engine::{Compiled, Refusal};
use crate::jvm::{Answer, MatchResult, TextAnswer};

/// The version of Java since which `\b` is ASCII without `(?U)`, as `\w` always was.
const ASCII_BOUNDARIES_SINCE: u32 = 19;

/// A pattern, or a pattern and a text, of which Java and the engine make something else.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The seed with which the pattern is the first that is drawn.
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) pattern: String,
    pub(crate) text: Option<String>,
    pub(crate) java: String,
    pub(crate) ours: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Java rejects the pattern, or fails when it matches, and the engine accepts it.
    Pattern,
    /// One matches the text and the other does not.
    Match,
    /// A group has another text.
    Group,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}, seed {}", self.kind, self.seed)?;
        writeln!(f, "  pattern {:?}", self.pattern)?;
        if let Some(text) = &self.text {
            writeln!(f, "  text    {text:?}")?;
        }
        writeln!(f, "  Java    {}", self.java)?;
        writeln!(f, "  codeid  {}", self.ours)
    }
}

/// One pattern with its texts.
pub(crate) struct Question<'a> {
    pub(crate) seed: u64,
    pub(crate) pattern: &'a str,
    pub(crate) texts: &'a [String],
    /// The version of Java that answers.
    pub(crate) version: u32,
}

impl Question<'_> {
    /// Compares `java`, Java's answer, with `compiled`, the engine's.
    pub(crate) fn compare(
        &self,
        java: &Answer,
        compiled: &Result<Compiled, Refusal>,
        scratch: &mut Scratch,
        counts: &mut Counts,
    ) -> Vec<Difference> {
        counts.patterns += 1;
        match (java, compiled) {
            (Answer::Overflow, _) => {
                counts.skip("stack overflows of patterns");
                Vec::new()
            }
            (Answer::Rejected(_), Err(_)) => {
                counts.rejected_by_both += 1;
                Vec::new()
            }
            (Answer::Rejected(reason), Ok(_)) => {
                vec![self.difference(
                    Kind::Pattern,
                    None,
                    format!("rejects it: {reason}"),
                    "accepts it",
                )]
            }
            (Answer::Accepted { .. }, Err(refusal)) => {
                counts.accepted_by_java += 1;
                counts.refused_without_hint += u64::from(refusal.hint.is_none());
                let reason = format!("{}: {}", refusal.code, refusal.message);
                *counts.refused.entry(reason).or_default() += 1;
                Vec::new()
            }
            (Answer::Accepted { groups, texts }, Ok(compiled)) => {
                counts.accepted_by_java += 1;
                counts.accepted_by_both += 1;
                counts.groups_accepted += compiled.shown.len() as u64;
                counts.groups_refused += (groups - compiled.shown.len()) as u64;
                let mut differences = Vec::new();
                for (text, java) in self.texts.iter().zip(texts) {
                    differences.extend(self.compare_text(text, java, compiled, scratch, counts));
                }
                differences
            }
        }
    }

    fn compare_text(
        &self,
        text: &str,
        java: &TextAnswer,
        compiled: &Compiled,
        scratch: &mut Scratch,
        counts: &mut Counts,
    ) -> Option<Difference> {
        if let Some(reason) = self.reason_to_skip(text, java) {
            counts.skip(reason);
            return None;
        }
        counts.texts += 1;
        if let MatchResult::Exception(exception) = &java.result {
            let java = format!("throws {exception}");
            return Some(self.difference(Kind::Pattern, Some(text), java, "accepts the pattern"));
        }
        let ours = compiled.answer(text, scratch);
        let MatchResult::Match(groups) = &java.result else {
            return ours.map(|_| {
                self.difference(Kind::Match, Some(text), "no match".to_owned(), "a match")
            });
        };
        let Some(ours) = ours else {
            return Some(self.difference(
                Kind::Match,
                Some(text),
                "a match".to_owned(),
                "no match",
            ));
        };
        counts.matches += 1;
        let group = |&number: &usize| groups[number - 1].as_deref();
        counts.groups += ours.len() as u64;
        counts.groups_with_text += compiled.shown.iter().filter_map(group).count() as u64;
        let differs = |(number, ours): (&usize, &String)| {
            // A group that took no part is inserted as the empty text.
            let java = group(number);
            (java.unwrap_or_default() != ours).then(|| {
                let java = format!("group {number} is {java:?}");
                self.difference(Kind::Group, Some(text), java, &format!("{ours:?}"))
            })
        };
        compiled.shown.iter().zip(&ours).find_map(differs)
    }

    fn reason_to_skip(&self, text: &str, java: &TextAnswer) -> Option<&'static str> {
        let has = |parts: [&str; 2]| parts.iter().any(|part| self.pattern.contains(part));
        let boundary = has([r"\b", r"\B"]);
        match java.result {
            MatchResult::Overflow => return Some("stack overflows"),
            MatchResult::TooSlow => return Some("matches over 100 ms"),
            MatchResult::NoMatch | MatchResult::Match(_) | MatchResult::Exception(_) => {}
        }
        if java.unassigned && has([r"\p", r"\P"]) {
            Some("code points that this Java does not know, and properties")
        } else if boundary && !text.is_ascii() && self.version < ASCII_BOUNDARIES_SINCE {
            Some("word boundaries beyond ASCII, before Java 19")
        } else if boundary && java.combining {
            Some("word boundaries and combining marks")
        } else {
            None
        }
    }

    fn difference(&self, kind: Kind, text: Option<&str>, java: String, ours: &str) -> Difference {
        Difference {
            seed: self.seed,
            kind,
            pattern: self.pattern.to_owned(),
            text: text.map(str::to_owned),
            java,
            ours: ours.to_owned(),
        }
    }
}
