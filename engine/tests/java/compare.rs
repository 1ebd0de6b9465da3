//! Compares what Java and the engine make of one pattern.

use std::fmt;

use codeid_engine::Scratch;

use crate::counts::Counts;
use crate::engine::{Compiled, Refusal};
use crate::jvm::{Answer, Group, MatchResult, Question, TextAnswer};

/// The version of Java since which `\b` is ASCII without `(?U)`, as `\w` always was.
const ASCII_BOUNDARIES_SINCE: u32 = 19;
/// The version of Java since which it knows the properties of [`EMOJI_PROPERTIES`].
const EMOJI_SINCE: u32 = 21;
/// The beginning of the names of these properties.
const EMOJI_PROPERTIES: [&str; 2] = ["{IsEmoji", "{IsExtended_Pictographic"];

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

impl Difference {
    /// Returns the number of characters that have to be read to understand it.
    pub(crate) fn size(&self) -> usize {
        let text = self.text.as_deref().unwrap_or_default();
        self.pattern.chars().count() + text.chars().count()
    }
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

/// A comparison of one pattern on its texts.
pub(crate) struct Comparison<'a> {
    pub(crate) seed: u64,
    pub(crate) question: Question<'a>,
    /// The version of Java that answers.
    pub(crate) version: u32,
}

impl Comparison<'_> {
    /// Asks the engine, and compares what it makes of the pattern with `java`, Java's answer.
    pub(crate) fn differences(
        &self,
        java: &Answer,
        scratch: &mut Scratch,
        counts: &mut Counts,
    ) -> Vec<Difference> {
        let groups = self.groups(java);
        let compiled = Compiled::new(self.question.pattern, &groups);
        self.compare(java, &groups, compiled, scratch, counts)
    }

    /// Returns the groups that are compared: by number, and by name.
    pub(crate) fn groups(&self, java: &Answer) -> Vec<String> {
        let Answer::Accepted { groups, .. } = java else {
            return Vec::new();
        };
        let numbers = (1..=*groups).map(|number| number.to_string());
        numbers.chain(self.question.names.iter().cloned()).collect()
    }

    /// Compares Java's answer, with `groups`, and the engine's.
    pub(crate) fn compare(
        &self,
        java: &Answer,
        groups: &[String],
        compiled: Result<Compiled, Refusal>,
        scratch: &mut Scratch,
        counts: &mut Counts,
    ) -> Vec<Difference> {
        counts.patterns += 1;
        match (java, compiled) {
            (Answer::Overflow, _) => counts.skip("patterns that overflow Java's stack"),
            (Answer::Rejected(_), Err(_)) => counts.rejected_by_both += 1,
            (Answer::Rejected(reason), Ok(_)) if self.is_too_new(reason) => {
                counts.skip("patterns with a property that Java has since 21");
            }
            (Answer::Rejected(reason), Ok(_)) => {
                let java = format!("rejects it: {reason}");
                return vec![self.difference(Kind::Pattern, None, java, "accepts it".to_owned())];
            }
            (Answer::Accepted { .. }, Err(refusal)) => {
                counts.accepted_by_java += 1;
                counts.refuse(&refusal);
            }
            (Answer::Accepted { texts, .. }, Ok(compiled)) => {
                counts.accepted_by_java += 1;
                counts.accepted_by_both += 1;
                counts.groups_accepted += compiled.shown.len() as u64;
                counts.groups_refused += (groups.len() - compiled.shown.len()) as u64;
                let mut differences = Vec::new();
                for (text, java) in self.question.texts.iter().zip(texts) {
                    let found = self.compare_text(text, java, groups, &compiled, scratch, counts);
                    differences.extend(found);
                }
                return differences;
            }
        }
        Vec::new()
    }

    fn compare_text(
        &self,
        text: &str,
        java: &TextAnswer,
        names: &[String],
        compiled: &Compiled,
        scratch: &mut Scratch,
        counts: &mut Counts,
    ) -> Option<Difference> {
        if let Some(reason) = self.reason_to_skip(text, java) {
            counts.skip(reason);
            return None;
        }
        counts.texts += 1;
        let difference = |kind, java: &str, ours: &str| {
            Some(self.difference(kind, Some(text), java.to_owned(), ours.to_owned()))
        };
        let ours = compiled.answer(text, scratch);
        let (groups, ours) = match (&java.result, ours) {
            (MatchResult::Match(groups), Some(ours)) => (groups, ours),
            (MatchResult::Match(_), None) => return difference(Kind::Match, "a match", "no match"),
            (MatchResult::Exception(exception), _) => {
                return difference(Kind::Pattern, exception, "accepts the pattern");
            }
            (_, None) => return None,
            (_, Some(_)) => return difference(Kind::Match, "no match", "a match"),
        };
        counts.matches += 1;
        counts.groups += ours.len() as u64;
        for (&place, ours) in compiled.shown.iter().zip(&ours) {
            let java = &groups[place];
            let same = match java {
                Group::Text(text) => text == ours,
                // It is inserted as the empty text.
                Group::Absent => ours.is_empty(),
                Group::Unknown => false,
            };
            counts.groups_with_text += u64::from(matches!(java, Group::Text(_)));
            if !same {
                let java = format!("group {} is {java:?}", names[place]);
                return difference(Kind::Group, &java, &format!("it is {ours:?}"));
            }
        }
        None
    }

    fn reason_to_skip(&self, text: &str, java: &TextAnswer) -> Option<&'static str> {
        let has = |parts: [&str; 2]| {
            parts
                .iter()
                .any(|part| self.question.pattern.contains(part))
        };
        let boundary = has([r"\b", r"\B"]);
        match java.result {
            MatchResult::Overflow => return Some("texts that overflow Java's stack"),
            MatchResult::TooSlow => return Some("texts on which Java takes over 100 ms"),
            MatchResult::NoMatch | MatchResult::Match(_) | MatchResult::Exception(_) => {}
        }
        if java.unassigned && has([r"\p", r"\P"]) {
            Some("texts with code points that this Java does not know, and properties")
        } else if boundary && !text.is_ascii() && self.version < ASCII_BOUNDARIES_SINCE {
            Some("texts beyond ASCII and word boundaries, before Java 19")
        } else if boundary && java.combining {
            Some("texts with combining marks and word boundaries")
        } else {
            None
        }
    }

    /// Returns `true` if Java rejects the pattern because of a property that later versions know.
    fn is_too_new(&self, reason: &str) -> bool {
        self.version < EMOJI_SINCE && EMOJI_PROPERTIES.iter().any(|name| reason.contains(name))
    }

    fn difference(&self, kind: Kind, text: Option<&str>, java: String, ours: String) -> Difference {
        Difference {
            seed: self.seed,
            kind,
            pattern: self.question.pattern.to_owned(),
            text: text.map(str::to_owned),
            java,
            ours,
        }
    }
}
