//! The route configs that a start would use.

use std::io;

use super::report::{Check, Kind, Outcome, RefusedConfig, Report};
use crate::clock::Clock;
use crate::rules::rehearsal::{Rehearsed, RehearsedSource, rehearse as rehearse_sources};
use crate::rules::source::by_scheme::open_each;
use crate::settings::Settings;

/// Reads and compiles each config. Those below the one that a start would use are only for a later start, so
/// that what is wrong with them is a warning.
///
/// # Errors
///
/// An [`io::Error`] if the thread that compiles cannot be started.
pub(super) async fn rehearse(
    settings: &Settings,
    clock: &Clock,
    report: &mut Report,
) -> io::Result<()> {
    let (sources, errors) = open_each(settings);
    for error in &errors {
        report.problem(Kind::Config, error);
    }
    let mut is_decided = false;
    let mut may_be_asked = false;
    let before = report.count(Outcome::Problem);
    for RehearsedSource { source, outcome } in rehearse_sources(settings, sources, clock).await? {
        let severity = match is_decided {
            true => Outcome::Warning,
            false => Outcome::Problem,
        };
        match outcome {
            Rehearsed::Good(config) => {
                let text = format!("{source}: {config}");
                report.good(Kind::Config, text);
                is_decided = true;
            }
            Rehearsed::Absent(why) => report.good(Kind::Config, format!("{source}: {why}")),
            Rehearsed::NotAsked => {
                may_be_asked = true;
                let text = format!("{source}: not asked, since it is on the network");
                report.add(Kind::Config, Outcome::NotAsked, text);
            }
            Rehearsed::Failed(why) => {
                report.add(Kind::Config, severity, format!("{source}: {why}"));
            }
            Rehearsed::Refused(refused) => report.push(Check {
                kind: Kind::Config,
                outcome: severity,
                text: format!("{source}: refused: {}", refused.why),
                config: (!refused.problems.is_empty()).then_some(RefusedConfig {
                    document: refused.document,
                    problems: refused.problems,
                }),
            }),
        }
    }
    if !is_decided && !may_be_asked && report.count(Outcome::Problem) == before {
        let lowest = settings.route.init_level;
        let text = format!(
            "no source gives a route config: ac.route.init-route-config-level is {lowest}, and PRESET would \
             allow the preset"
        );
        report.add(Kind::Config, Outcome::Problem, text);
    }
    Ok(())
}
