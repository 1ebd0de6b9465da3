//! `codeid serve`: runs the daemon until it is asked to stop.

use std::process::ExitCode;

use codeid_daemon::clock::Clock;
use codeid_daemon::listen::Listeners;
use codeid_daemon::process;
use codeid_daemon::rules::source::RouteSources;
use codeid_daemon::run::{Ended, StartError, StopRequests, run, take_over};
use codeid_daemon::service_manager;
use codeid_daemon::telemetry;

use super::rehearsal;
use super::settings::{SettingsArgs, line_of};

/// The command line of `codeid serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Replace the daemon that runs with the same admin.unix: take over its listening sockets, and have it drain once
    /// this one can serve. An ordinary start if none runs
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Report everything that a start would need, and start nothing
    ///
    /// Settings, keys, certificates, directories and listeners are tried, and the route configs that a start
    /// would use are compiled, also the frozen and the saved one. Nothing is changed on the disk, a running
    /// daemon is left alone, and no other machine is called. Run it as the daemon's user, in its directory.
    /// The exit status is 1 if there is a problem.
    #[arg(long)]
    check: bool,
    /// With --check: print an array of {"kind", "outcome", "text", "problems"}
    #[arg(long, requires = "check")]
    json: bool,
}

impl Serve {
    /// Runs the daemon, and returns its exit status once it has stopped. With `--check` it only reports.
    pub(crate) fn run(self) -> ExitCode {
        if self.check {
            return rehearsal::run(self.settings.read(), self.json);
        }
        let ended = self.serve();
        let line = ended.as_ref().err().map(line_of);
        telemetry::finish(line.as_deref());
        match ended {
            Ok(Ended::Stopped) => ExitCode::SUCCESS,
            Ok(Ended::StoppedAtOnce | Ended::ThreadEnded) | Err(_) => ExitCode::FAILURE,
        }
    }

    fn serve(self) -> Result<Ended, StartError> {
        let settings = self.settings.read()?;
        // Before another thread is started, since it changes the environment.
        let listeners = Listeners::from_service_manager(&settings)?;
        telemetry::start(settings.log).map_err(|source| StartError::System {
            what: "cannot start the thread that writes the log",
            source,
        })?;
        service_manager::connect();
        // Before anything reads a key.
        process::deny_inspection();
        let sources = RouteSources::from_settings(&settings)?;
        let stop = StopRequests::from_signals();
        let run = match self.take_over {
            true => take_over,
            false => run,
        };
        run(&settings, listeners, sources, Clock::system(), stop)
    }
}
