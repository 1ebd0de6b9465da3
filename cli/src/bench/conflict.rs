//! Options of the command line that cannot be given together.

use std::num::NonZero;
use std::path::PathBuf;

use codeid_daemon::uri::{shown, shown_path};

use super::arguments::Bench;
use super::outputs::{self, SameFile};
use super::target::Target;

/// The reason why options cannot be given together, although each of them is valid.
#[derive(Debug, thiserror::Error)]
pub(super) enum Conflict {
    /// `--hdr` is given with another number of targets than one.
    #[error(
        "--hdr writes the latencies of exactly one target, not of {targets}; a run of --saved is not \
         one, since it does not contain every latency"
    )]
    Hdr {
        /// The number of targets, which is not 1.
        targets: usize,
    },
    /// `--expect` is given, and none of the targets is codeid.
    #[error(
        "--expect {} is for --http, --http-unix, --resp and --resp-json, and none of them is given",
        shown_path(file)
    )]
    ExpectWithoutCodeid {
        /// The file of expected responses.
        file: PathBuf,
    },
    /// `--path` is given without a target to which it applies.
    #[error(
        "--path {} is for --http and --http-unix, and neither is given",
        shown(path)
    )]
    PathWithoutHttp {
        /// The path that was given.
        path: String,
    },
    /// `--path` is given, and a URL of `--http` has a path.
    #[error(
        "--path {} and the URL of --http for {authority} both name a path: leave one of them out",
        shown(path)
    )]
    TwoPaths {
        /// The path that was given.
        path: String,
        /// The host of the URL, with its port.
        authority: String,
    },
    /// `--batch` is given with a target whose requests have one code value.
    #[error("--batch {batch} is for --http, --http-unix and --resp, but {target} has no batches")]
    TargetWithoutBatches {
        /// The number of code values asked for in each request.
        batch: NonZero<usize>,
        /// The name of the first such target.
        target: String,
    },
    /// `--batch` is given without a target.
    #[error("--batch {batch} needs a target: --http, --http-unix or --resp")]
    BatchWithoutTarget {
        /// The number of code values asked for in each request.
        batch: NonZero<usize>,
    },
    /// A file that is written is another one of the command line.
    #[error(transparent)]
    SameFile(#[from] SameFile),
}

/// Checks the conditions that the definition of the command line cannot express; `targets` are those of `bench`.
///
/// # Errors
///
/// [`Conflict`] for the first condition that is not met.
pub(super) fn check(bench: &Bench, targets: &[Target]) -> Result<(), Conflict> {
    if bench.hdr.is_some() && targets.len() != 1 {
        let targets = targets.len();
        return Err(Conflict::Hdr { targets });
    }
    if let Some(file) = &bench.expect
        && !targets.iter().any(|target| target.protocol.is_identify())
    {
        return Err(Conflict::ExpectWithoutCodeid { file: file.clone() });
    }
    check_path(bench)?;
    if let Some(batch) = bench.batch {
        if targets.is_empty() {
            return Err(Conflict::BatchWithoutTarget { batch });
        }
        let single = targets.iter().find(|target| !target.protocol.has_batches());
        if let Some(target) = single {
            let target = target.name.clone();
            return Err(Conflict::TargetWithoutBatches { batch, target });
        }
    }
    outputs::check(&bench.outputs(), &bench.inputs())?;
    Ok(())
}

fn check_path(bench: &Bench) -> Result<(), Conflict> {
    let Some(path) = &bench.path else {
        return Ok(());
    };
    let path = path.as_str().to_owned();
    if bench.http.is_empty() && bench.http_unix.is_empty() {
        return Err(Conflict::PathWithoutHttp { path });
    }
    match bench.http.iter().find(|url| url.value.has_path()) {
        Some(url) => Err(Conflict::TwoPaths {
            path,
            authority: url.value.authority.clone(),
        }),
        None => Ok(()),
    }
}
