//! Counts of what was compared, refused and skipped.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::Refusal;

/// The number of reasons for refusals that are printed.
const SHOWN_REASONS: usize = 40;

/// Counts of patterns and texts, which a test prints and holds to floors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) patterns: u64,
    /// Patterns of which Java and the engine make something else.
    pub(crate) differences: u64,
    pub(crate) rejected_by_both: u64,
    pub(crate) accepted_by_java: u64,
    pub(crate) accepted_by_both: u64,
    /// Patterns that Java accepts and the engine refuses, by code and message.
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) refused_without_hint: u64,
    /// Patterns that Java accepts, were not changed after they were drawn, and need no look-around,
    /// back-reference or possessive form that changes what matches.
    pub(crate) linear: u64,
    pub(crate) linear_accepted: u64,
    /// Patterns with possessive forms, and those among them of which a text shows that they change
    /// what matches.
    pub(crate) possessive: u64,
    pub(crate) truly_possessive: u64,
    pub(crate) texts: u64,
    pub(crate) matches: u64,
    /// Groups of matches that were compared, and those among them that took part.
    pub(crate) groups: u64,
    pub(crate) groups_with_text: u64,
    /// Groups of accepted patterns that no template may insert.
    pub(crate) groups_refused: u64,
    pub(crate) groups_accepted: u64,
    /// Texts, and patterns, that were not compared, by the reason.
    pub(crate) skipped: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub(crate) fn refuse(&mut self, refusal: &Refusal) {
        self.refused_without_hint += u64::from(refusal.hint.is_none());
        let reason = format!("{}: {}", refusal.code, refusal.message);
        *self.refused.entry(reason).or_default() += 1;
    }

    pub(crate) fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.patterns += other.patterns;
        self.differences += other.differences;
        self.rejected_by_both += other.rejected_by_both;
        self.accepted_by_java += other.accepted_by_java;
        self.accepted_by_both += other.accepted_by_both;
        self.refused_without_hint += other.refused_without_hint;
        self.linear += other.linear;
        self.linear_accepted += other.linear_accepted;
        self.possessive += other.possessive;
        self.truly_possessive += other.truly_possessive;
        self.texts += other.texts;
        self.matches += other.matches;
        self.groups += other.groups;
        self.groups_with_text += other.groups_with_text;
        self.groups_refused += other.groups_refused;
        self.groups_accepted += other.groups_accepted;
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        writeln!(f, "patterns                      {}", self.patterns)?;
        writeln!(f, "  that differ                 {}", self.differences)?;
        writeln!(f, "  rejected by both            {}", self.rejected_by_both)?;
        writeln!(f, "  accepted by Java            {}", self.accepted_by_java)?;
        writeln!(f, "  accepted by both            {}", self.accepted_by_both)?;
        writeln!(
            f,
            "  linear ones accepted        {} of {}, {:.1} %",
            self.linear_accepted,
            self.linear,
            share(self.linear_accepted, self.linear)
        )?;
        writeln!(
            f,
            "  with possessive forms       {}, of which {} change a match",
            self.possessive, self.truly_possessive
        )?;
        writeln!(
            f,
            "texts                         {}, of which {} match",
            self.texts, self.matches
        )?;
        writeln!(
            f,
            "groups of matches             {}, of which {} took part",
            self.groups, self.groups_with_text
        )?;
        writeln!(
            f,
            "groups of patterns            {} may be inserted, {} may not",
            self.groups_accepted, self.groups_refused
        )?;
        writeln!(
            f,
            "refused, accepted by Java     {} without a hint, and by reason:",
            self.refused_without_hint
        )?;
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (reason, count) in refused.iter().take(SHOWN_REASONS) {
            writeln!(f, "  {count:>6} {reason}")?;
        }
        let others: u64 = refused
            .iter()
            .skip(SHOWN_REASONS)
            .map(|(_, count)| **count)
            .sum();
        writeln!(f, "  {others:>6} for other reasons")?;
        writeln!(f, "skipped, by reason:")?;
        for (reason, count) in &self.skipped {
            writeln!(f, "  {count:>6} {reason}")?;
        }
        Ok(())
    }
}
