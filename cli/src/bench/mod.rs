//! `codeid bench`: measures how fast codeid or a peer answers, with the same client.
//!
//! `arguments` and `target` define what is measured; `input`, `requests` and `validator` prepare
//! the requests and the expected responses. A `worker` drives `connection`s by a `schedule`, parses
//! each response with a `reader`, and counts in `run_stats`, without allocating for a request, except to compare
//! a response that does not equal the expected bytes, or the elements of a batch; `measure` runs the
//! workers. `figures` are the saved result of a run, and `report`, `hdr_text` and `plot` show
//! them. `outputs` compares the files that are written with those that are read.

mod arguments;
mod connection;
mod failure;
mod figures;
mod hdr_text;
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
        let checked = self.check(&targets).map_err(str::to_owned);
        if let Err(message) = checked.and_then(|()| outputs::check(&self.outputs(), &self.inputs()))
        {
            clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n")).exit();
        }
        output::run(|stdout| self.compare(&targets, stdout))
    }

    /// Checks the conditions that the definition of the command line cannot express.
    fn check(&self, targets: &[Target]) -> Result<(), &'static str> {
        if targets.len() > 1 && self.hdr.is_some() {
            return Err("--hdr writes the latencies of a single target, but several are given");
        }
        if targets.is_empty() && self.hdr.is_some() {
            return Err("--hdr needs a target: a saved run does not contain every latency");
        }
        if self.expect.is_some() && !targets.iter().any(|target| target.protocol.is_identify()) {
            return Err("--expect verifies responses of codeid, but no target is codeid");
        }
        let bad = |header: &String| {
            let name = header.split_once(':').map_or("", |(name, _)| name);
            name.is_empty()
                || !name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if self.headers.iter().any(bad) {
            return Err("--header must have the form NAME: VALUE");
        }
        if let Some(path) = &self.path {
            if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("--path must begin with / and be visible ASCII");
            }
            if self.http.is_empty() && self.http_unix.is_empty() {
                return Err("--path is for --http and --http-unix, and neither is given");
            }
            if self.http.iter().any(|url| url.value.has_path()) {
                return Err("--path and a URL of --http both name a path: leave one of them out");
            }
        }
        if self.batch.is_some() && !targets.iter().all(|target| target.protocol.has_batches()) {
            return Err(
                "--batch is for --http, --http-unix and --resp: the other targets have no batches",
            );
        }
        if self.batch.is_some() && targets.is_empty() {
            return Err("--batch needs a target: --http, --http-unix or --resp");
        }
        Ok(())
    }

    /// Returns the files that are written, each with its option.
    fn outputs(&self) -> Vec<(&'static str, &Path)> {
        let options = [("--hdr", &self.hdr), ("--plot", &self.plot)];
        let given = options.into_iter();
        given
            .filter_map(|(option, path)| Some((option, path.as_deref()?)))
            .collect()
    }

    /// Returns the files that are read, each with its option.
    fn inputs(&self) -> Vec<(&'static str, &Path)> {
        let options = [("--codes", &self.codes), ("--expect", &self.expect)];
        let given = options.into_iter();
        let given = given.filter_map(|(option, path)| Some((option, path.as_deref()?)));
        let saved = self.saved.iter().map(|path| ("--saved", path.as_path()));
        given.chain(saved).collect()
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
        let stop = interrupt::watch().map_err(Failure::Signals)?;
        let mut good = true;
        for target in targets {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let measured = measure::prepare(self, target, &codes).and_then(|prepared| {
                measure::measure(self, target, prepared, &stop).map_err(Failure::other)
            });
            let (run, stats) = match measured {
                Ok(measured) => measured,
                Err(failure) => {
                    // The targets measured before the failure are still worth showing.
                    self.show(runs, stdout)?;
                    stdout.flush()?;
                    return Err(failure);
                }
            };
            // A server that stalls throughout the closed loop causes no errors, but is not a
            // success.
            good &= run.errors.total == 0 && (run.latency.count > 0 || run.interrupted);
            if !self.json {
                report::one(stdout, &run)?;
                stdout.flush()?;
            }
            if let Some(path) = &self.hdr {
                write_hdr(path, &stats)?;
            }
            runs.push(run);
        }
        self.show(runs, stdout)?;
        Ok(if good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
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
        } else if runs.len() > 1 || !self.saved.is_empty() {
            report::table(stdout, &runs)?;
        }
        Ok(())
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
