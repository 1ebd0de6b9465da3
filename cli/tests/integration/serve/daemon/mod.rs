//! Daemons under test: in this process, or as a process of their own.
//!
//! A test starts a daemon in its own process ([`Plan::start`]) unless it is about the process itself
//! ([`Plan::spawn`]).

mod directory;
mod in_process;
mod plan;
mod process;
mod served;

use std::time::Duration;

pub(crate) use self::directory::Directory;
pub(crate) use self::in_process::Daemon;
pub(crate) use self::plan::{Plan, RULES};
pub(crate) use self::process::{Ended, Process, allow_descriptors};
pub(crate) use self::served::Served;

/// The time after which a test that waits fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
