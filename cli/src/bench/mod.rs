//! `codeid bench`: measures how fast codeid or a peer answers, with the same client.
//!
//! `arguments`, `address`, `header` and `target` define what is measured, and `conflict` refuses options
//! that contradict each other; `outputs` compares the files that are written with those that are read.
//! `input`, `requests` and `validator` prepare the requests and the expected responses. A `worker` drives
//! `connection`s by a `schedule`, parses each response with a `reader`, and counts in `run_stats`, without
//! allocating for a request, except to compare a response that does not equal the expected bytes, or the
//! elements of a batch; `measure` runs the workers. `sweep` has the rates of several runs. `figures` are the saved
//! result of a run, and `report`, `spread`, `hdr_text` and `plot` show them.

mod address;
mod arguments;
mod conflict;
mod connection;
mod failure;
mod figures;
mod hdr_text;
mod header;
mod input;
mod interrupt;
mod measure;
mod outputs;
mod plot;
mod progress;
mod reader;
mod report;
mod requests;
mod response;
mod run_stats;
mod schedule;
mod spread;
mod sweep;
mod target;
mod validator;
mod worker;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::error::ErrorKind;
use codeid_daemon::regular_file;
use codeid_daemon::uri::shown_path;

use self::figures::{Figures, Run};
use self::run_stats::RunStats;
use self::target::Target;
use super::output::{self, Failure, Stdout};

pub(crate) use self::arguments::Bench;

/// The error for an output file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written", shown_path(path))]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl Bench {
    /// Measures the targets. The exit status is 1 if a request failed, a run has no latency, or a file
    /// cannot be used; options that contradict each other end the process with status 2.
    pub(crate) fn run(self) -> ExitCode {
        let targets = self.targets();
        if let Err(conflict) = conflict::check(&self, &targets) {
            clap::Error::raw(ErrorKind::ArgumentConflict, format!("{conflict}\n")).exit();
        }
        output::run(|stdout| self.compare(&targets, stdout))
    }

    fn compare(&self, targets: &[Target], stdout: &mut Stdout) -> Result<ExitCode, Failure> {
        // Every file first: a bad one is reported before anything is measured.
        for (_, path) in self.outputs() {
            regular_file::require_writable(path).map_err(|error| cannot_write(path, error))?;
        }
        let codes = input::read_codes(self.codes.as_deref()).map_err(Failure::other)?;
        let mut runs = Vec::new();
        for path in &self.saved {
            runs.extend(figures::read_saved(path).map_err(Failure::other)?);
        }
        let outcome = self.measure_all(targets, &codes, &mut runs, stdout);
        // What was measured before a failure is still worth showing.
        self.show(runs, stdout)?;
        stdout.flush()?;
        Ok(match outcome? {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }

    /// Measures every target at every pace, in rounds, and adds the runs. Returns whether all are good.
    fn measure_all(
        &self,
        targets: &[Target],
        codes: &[String],
        runs: &mut Vec<Run>,
        stdout: &mut Stdout,
    ) -> Result<bool, Failure> {
        let stop = interrupt::watch().map_err(Failure::Signals)?;
        let mut good = true;
        for _ in 0..self.repeat {
            let mut at_work: Vec<&Target> = targets.iter().collect();
            for (step, pace) in self.paces().into_iter().enumerate() {
                for target in std::mem::take(&mut at_work) {
                    if stop.load(Ordering::Relaxed) {
                        return Ok(good);
                    }
                    let prepared = measure::prepare(self, target, codes)?;
                    let (run, stats) = measure::measure(self, target, pace, prepared, &stop)
                        .map_err(Failure::other)?;
                    good &= is_good(&run, step);
                    if spread::held(&run) != Some(false) {
                        at_work.push(target);
                    }
                    self.show_one(&run, &stats, stdout)?;
                    runs.push(run);
                }
            }
        }
        Ok(good)
    }

    /// Shows a run by itself, unless it is one of several of its target, and writes its latencies.
    fn show_one(&self, run: &Run, stats: &RunStats, stdout: &mut Stdout) -> Result<(), Failure> {
        if !self.json && !self.shows_spread() {
            report::one(stdout, run)?;
            stdout.flush()?;
        }
        match &self.hdr {
            Some(path) => write_hdr(path, stats),
            None => Ok(()),
        }
    }

    /// Shows all runs side by side.
    fn show(&self, runs: Vec<Run>, stdout: &mut Stdout) -> Result<(), Failure> {
        if let Some(path) = &self.plot {
            regular_file::write(path, plot::svg(&runs).as_bytes())
                .map_err(|error| cannot_write(path, error))?;
        }
        if self.json {
            serde_json::to_writer_pretty(&mut *stdout, &Figures { runs })
                .map_err(io::Error::from)?;
            writeln!(stdout)?;
        } else if self.shows_spread() {
            spread::write(stdout, &runs)?;
        } else if runs.len() > 1 || !self.saved.is_empty() {
            report::table(stdout, &runs)?;
        }
        Ok(())
    }
}

/// Returns whether a run is a success; `step` is the position of its rate in a sweep, from 0. A rate
/// above the first may be too high for the server, but no response may be wrong.
fn is_good(run: &Run, step: usize) -> bool {
    match step {
        // A server that stalls throughout the closed loop causes no errors, but is not a success.
        0 => run.errors.total == 0 && (run.latency.count > 0 || run.interrupted),
        _ => run.errors.first_unexpected_line.is_none(),
    }
}

fn write_hdr(path: &Path, stats: &RunStats) -> Result<(), Failure> {
    let mut text = Vec::new();
    hdr_text::write(&stats.latencies, &mut text)?;
    regular_file::write(path, &text).map_err(|error| cannot_write(path, error))
}

fn cannot_write(path: &Path, source: io::Error) -> Failure {
    let path = path.to_owned();
    Failure::other(WriteError { path, source })
}
