//! Counting by callgrind, a tool of valgrind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, io, thread};

use codeid_benches::cannot;

use crate::baseline::{Count, Counts};
use crate::lookups::{COUNTED, LOOKUPS, REFUSED};

/// Counts the instructions of a lookup in each of these families, on all cores.
///
/// # Errors
///
/// If valgrind is missing, or fails.
pub(crate) fn count(families: &[&str]) -> io::Result<Counts> {
    let directory = tempfile::tempdir()?;
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(BTreeMap::new());
    let work = || -> io::Result<()> {
        while let Some(family) = families.get(next.fetch_add(1, Ordering::Relaxed)) {
            let count = count_one(family, &directory.path().join(family))?;
            let mut counts = counts.lock().expect("no thread panics with the lock");
            counts.insert((*family).to_owned(), count);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        #[expect(clippy::needless_collect, reason = "all start before one is awaited")]
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut results = workers.into_iter().map(|worker| worker.join());
        results.try_for_each(|result| result.expect("a worker does not panic"))
    })?;
    Ok(counts.into_inner().expect("no thread panics with the lock"))
}

/// Returns the instructions of a lookup in one family.
fn count_one(family: &str, profile: &Path) -> io::Result<Count> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(env::current_exe()?)
        .args(["look-up", family])
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run valgrind: {error}")))?;
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        return Err(io::Error::other(format!("{family}: {status}: {stderr}")));
    }
    if stdout == REFUSED.as_bytes() {
        return Ok(Count::Refused);
    }
    let text = fs::read_to_string(profile).map_err(cannot("read", profile))?;
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    match totals.and_then(|totals| totals.parse::<u64>().ok()) {
        Some(instructions) if instructions > 0 => {
            Ok(Count::Instructions(instructions as f64 / LOOKUPS as f64))
        }
        _ => Err(io::Error::other(format!(
            "{family}: callgrind counted nothing"
        ))),
    }
}
