//! The cost of code values with the rules of a file, and the most expensive one that was constructed.

use std::io::{self, Write};

use codeid_daemon::count::counted;
use codeid_engine::{CodeCost, CompileLimits, CostlyCode, RouteTable};

use super::finding::{Cost, Finding, RuleShare, Severity};
use crate::output::printable;
use crate::route_config::Examined;

/// The number of characters of a code value that are shown; it may have 8192.
const SHOWN_CHARACTERS: usize = 32;

/// The cost of the rules of a file.
pub(super) struct CostReport {
    pointer: String,
    message: String,
    cost: Cost,
}

impl CostReport {
    /// Measures the rules of a file; returns `None` if they cannot be compiled.
    pub(super) fn measure(examined: &Examined, limits: &CompileLimits) -> Option<Self> {
        examined.with_table(limits, |table| Self::new(table, limits))
    }

    fn new(table: &RouteTable, limits: &CompileLimits) -> Self {
        let CostlyCode { code_value, cost } = table.costly_code();
        let (max_steps, allowed_steps) = (table.max_code_steps(), limits.max_code_steps);
        let CodeCost { steps, rules } = &cost;
        let share = |rule: &codeid_engine::RuleCost| RuleShare {
            rule: rule.rule.to_string(),
            position: rule.index + 1,
            steps: rule.steps,
            percentage: cost.percentage(rule),
        };
        Self {
            pointer: rules.first().map_or_else(
                || "/rules".to_owned(),
                |rule| format!("/rules/{}", rule.index),
            ),
            message: format!(
                "a lookup can take up to {max_steps} steps and {allowed_steps} are allowed; the most \
                 expensive code value that was constructed takes {steps}"
            ),
            cost: Cost {
                max_steps,
                allowed_steps,
                characters: code_value.chars().count(),
                code_value,
                steps: *steps,
                rules: rules.iter().map(share).collect(),
            },
        }
    }

    /// Returns the report as a finding, for `--json`.
    pub(super) fn finding(&self) -> Finding<'_> {
        Finding {
            file: None,
            severity: Severity::Note,
            code: "code-cost",
            rule: self.cost.rules.first().map(|share| &*share.rule),
            pointer: &self.pointer,
            position: None,
            message: (&*self.message).into(),
            hint: None,
            cost: Some(&self.cost),
        }
    }

    /// Writes the report for people, about the file `name`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if `output` cannot be written.
    pub(super) fn show(&self, output: &mut impl Write, name: &str) -> io::Result<()> {
        let Cost {
            max_steps,
            allowed_steps,
            code_value,
            characters,
            steps,
            rules,
        } = &self.cost;
        let begin: String = code_value.chars().take(SHOWN_CHARACTERS).collect();
        let more = if *characters > SHOWN_CHARACTERS {
            "…, printed by --json"
        } else {
            ""
        };
        writeln!(
            output,
            "{}: a lookup takes at most {max_steps} steps, of {allowed_steps} allowed\n  \
             the most expensive code value constructed takes {steps} and has {}: {}{more}",
            printable(name),
            counted(*characters, "character"),
            printable(&begin)
        )?;
        if rules.is_empty() {
            return Ok(());
        }
        let named = rules.iter().map(|share| {
            let RuleShare {
                rule,
                position,
                percentage,
                ..
            } = share;
            format!("{rule} (rule {position}, {percentage} %)")
        });
        writeln!(
            output,
            "  the most costly rules: {}",
            named.collect::<Vec<_>>().join(", ")
        )
    }
}
