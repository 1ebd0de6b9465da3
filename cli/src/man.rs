//! `codeid man`: prints manual pages, generated from the definition of the command line.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap_mangen::Man;
use codeid_daemon::count::counted;
use codeid_daemon::regular_file;
use codeid_daemon::uri::shown_path;

use super::output::{self, Failure};

/// The command line of `codeid man`.
#[derive(Debug, clap::Args)]
pub(crate) struct PrintManual {
    /// The subcommand, such as admin status; by default codeid itself
    command: Vec<String>,
    /// Write the pages of all subcommands to this directory instead, each to a file such as
    /// codeid-admin-status.1
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "command")]
    all: Option<PathBuf>,
}

/// The error for a page that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written", shown_path(path))]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl PrintManual {
    /// Writes a page of `command`, the whole command line, or all of them.
    pub(crate) fn run(self, mut command: clap::Command) -> ExitCode {
        command.build();
        let version = command.render_version();
        let version = version.trim_end();
        if let Some(directory) = &self.all {
            return output::run(|stdout| {
                let pages = write_all(directory, &command, version)?;
                let pages = counted(pages, "page");
                writeln!(stdout, "{pages} in {}", shown_path(directory))?;
                Ok(ExitCode::SUCCESS)
            });
        }
        let mut page = command.clone();
        for name in &self.command {
            page = match page.find_subcommand(name) {
                Some(subcommand) => subcommand.clone(),
                None => {
                    let message = format!("there is no subcommand {name:?}");
                    command.error(ErrorKind::InvalidSubcommand, message).exit()
                }
            };
        }
        output::run(|stdout| {
            Man::new(page).source(version).render(stdout)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Writes the pages of `command` and of the subcommands below it to `directory`, which is made if it
/// does not exist. Returns their number.
fn write_all(directory: &Path, command: &clap::Command, version: &str) -> Result<usize, Failure> {
    let cannot_write = |path: &Path, source| {
        let path = path.to_owned();
        Failure::other(WriteError { path, source })
    };
    fs::create_dir_all(directory).map_err(|error| cannot_write(directory, error))?;
    let page = Man::new(command.clone()).source(version);
    let path = directory.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)?;
    regular_file::write(&path, &text).map_err(|error| cannot_write(&path, error))?;
    let mut pages = 1;
    for subcommand in command.get_subcommands() {
        // The pages of help would repeat the others.
        if subcommand.get_name() != "help" && !subcommand.is_hide_set() {
            pages += write_all(directory, subcommand, version)?;
        }
    }
    Ok(pages)
}
