//! A rehearsal of the start: everything that a start reads, opens or compiles is tried, and every problem is
//! reported, not only the first.
//!
//! The parts of the start try themselves, so that a rehearsal and a start cannot disagree. Nothing is changed
//! on the disk, no lock is taken, no other machine is called, and a daemon that runs is left alone: what it
//! holds is free after a restart.
//!
//! Source: SPEC.md, section 7.

mod configs;
mod files;
mod listeners;
mod report;

use std::io;

use tokio::runtime::Builder;

use crate::clock::Clock;
use crate::settings::{Settings, SettingsError};

pub use self::listeners::RunningDaemon;
pub use self::report::{Check, Kind, Outcome, RefusedConfig, Report};

/// Tries everything that a start with these settings needs. `running` is the daemon that the start would
/// replace. Blocks, for up to five seconds if a file of rules is being written.
///
/// # Errors
///
/// An [`io::Error`] if the system refuses the threads and the runtime that a rehearsal needs.
pub fn rehearse(
    settings: &Settings,
    running: Option<&RunningDaemon>,
    clock: &Clock,
) -> io::Result<Report> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let mut report = Report::default();
        report.good(
            Kind::Settings,
            format!("{} settings are valid", settings.effective().len()),
        );
        files::rehearse(settings, clock, &mut report).await;
        listeners::rehearse(settings, running, &mut report).await;
        configs::rehearse(settings, clock, &mut report).await?;
        Ok(report)
    });
    // Without waiting for a read that hangs.
    runtime.shutdown_background();
    report
}

/// Returns the report for settings that are not valid: nothing else can be tried.
#[must_use]
pub fn refused(error: &SettingsError) -> Report {
    let mut report = Report::default();
    for problem in error.problems() {
        report.add(Kind::Settings, Outcome::Problem, problem);
    }
    report
}
