//! `codeid admin freeze` and `thaw`: whether the daemon follows its sources.

use std::io::Write;
use std::process::ExitCode;

use codeid_daemon::api::freeze::{Freeze as Frozen, FreezeAction, FreezeChanged, FreezeRequest};
use serde_json::json;

use super::desk::Desk;
use crate::moment::utc_and_ago;
use crate::output::{Failure, printable};

/// The command line of `codeid admin freeze`.
#[derive(Debug, clap::Args)]
pub(super) struct Freeze {
    /// Why, for whoever finds the daemon so: 200 characters at most
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// The command line of `codeid admin thaw`.
#[derive(Debug, clap::Args)]
pub(super) struct Thaw {}

impl Freeze {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let content = FreezeRequest {
            reason: self.reason,
        };
        let changed: FreezeChanged = desk.post("/v1/freeze", &content, None)?;
        if !desk.is_json() {
            tell(desk.stdout, changed.freeze.as_ref())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Thaw {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let changed: FreezeChanged = desk.post("/v1/thaw", &json!({}), None)?;
        if !desk.is_json() {
            tell(desk.stdout, changed.freeze.as_ref())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says whether there is a hold now, and what that means.
pub(super) fn tell(output: &mut impl Write, hold: Option<&Frozen>) -> std::io::Result<()> {
    match hold {
        None => writeln!(
            output,
            "no hold: the daemon follows its sources, from the next pull on"
        ),
        Some(hold) => writeln!(
            output,
            "held {}: the sources are not followed until codeid admin thaw",
            printable(&described(hold))
        ),
    }
}

/// Since when, by whom and why.
pub(crate) fn described(hold: &Frozen) -> String {
    let did = match hold.action {
        FreezeAction::Apply => "who applied a config",
        FreezeAction::Rollback => "who rolled back",
        FreezeAction::Freeze => "who froze it",
    };
    let reason = hold.reason.as_deref();
    let reason = reason.map_or_else(String::new, |reason| format!("; reason: {reason}"));
    format!(
        "since {} by {}, {did}{reason}",
        utc_and_ago(hold.since),
        hold.by
    )
}
