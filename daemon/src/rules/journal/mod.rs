//! The journal of compiles: a route config that crashes the process must not do so at every start.
//!
//! The journal records the digest of a config before it is compiled, and removes the record
//! afterwards. A start that finds a record counts a death of that config. A compile that ends, with
//! a table or an error, clears the count. At three deaths in a row the config is set aside.
//!
//! The journal is a file, which exists only while it has a record or a count. It must survive the
//! process, but not a loss of power, so it is never flushed. A journal of another version of the
//! program is ignored, since that version's fault may be fixed.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeid_engine::{ConfigDigest, ParseDigestError};
use serde::{Deserialize, Serialize};

use crate::regular_file::{self, ReadError};
use crate::sync::Mutex;
use crate::uri::shown_path;

/// The number of deaths at which a config is set aside.
pub(super) const MAX_DEATHS: u32 = 3;

/// The most configs whose deaths are counted.
const MAX_CONFIGS: usize = 16;

/// The most bytes of a journal.
const MAX_BYTES: usize = 8192;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The journal of this process and the ones before.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The config that is being compiled.
    compiling: Option<ConfigDigest>,
    /// The number of deaths per config.
    deaths: BTreeMap<ConfigDigest, u32>,
    /// Set once the daemon stops: from then on nothing is recorded.
    closed: bool,
    /// `true` while another process writes the file: meanwhile nothing is recorded.
    is_held: bool,
    /// Set once a write failure has been logged, until a write succeeds.
    write_failure_logged: bool,
}

/// A compile in progress. Dropping it, also by a panic, records its end.
#[derive(Debug)]
pub(super) struct Compiling(Arc<Journal>);

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The version of the program that wrote it.
    codeid: String,
    /// The config that is being compiled.
    sha256: Option<String>,
    /// The number of earlier processes that died compiling it.
    deaths: u32,
    /// The other configs that processes died compiling, with the number of deaths.
    others: BTreeMap<String, u32>,
}

impl Journal {
    /// Opens the journal that earlier processes left at `path`. One that cannot be read is ignored.
    pub(super) fn open(path: &Path) -> Self {
        let mut state = match read(path) {
            Ok(state) => state,
            Err(error) => {
                let path = shown_path(path);
                tracing::warn!(%path, %error, "cannot read the journal of compiles");
                State::default()
            }
        };
        if let Some(digest) = state.compiling.take() {
            let deaths = state.deaths.entry(digest).or_default();
            *deaths = deaths.saturating_add(1);
            tracing::warn!(
                sha256 = %digest,
                deaths,
                "an earlier process died while compiling this route config"
            );
        }
        Self {
            path: path.to_owned(),
            state: Mutex::new(state),
        }
    }

    /// Opens the journal at `path` beside the process that writes it, and alone may: a compile that the journal
    /// records is one of that process, and none is recorded until [`Self::begin_to_record`].
    pub(super) fn open_beside(path: &Path) -> Self {
        let state = read(path).unwrap_or_default();
        Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                compiling: None,
                is_held: true,
                ..state
            }),
        }
    }

    /// Leaves the file to another process, until [`Self::begin_to_record`].
    pub(super) fn hold(&self) {
        let mut state = self.state.lock();
        state.is_held = true;
        if state.compiling.take().is_some() {
            self.write(&mut state);
        }
    }

    /// Records compiles from now on.
    pub(super) fn begin_to_record(&self) {
        self.state.lock().is_held = false;
    }

    /// Returns the number of deaths of a config that is set aside; `None` if it is not.
    pub(super) fn fatal_deaths(&self, digest: ConfigDigest) -> Option<u32> {
        let deaths = self.state.lock().deaths.get(&digest).copied();
        deaths.filter(|deaths| *deaths >= MAX_DEATHS)
    }

    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Records that a compile begins. Only one compile may be in progress.
    pub(super) fn begin(self: &Arc<Self>, digest: ConfigDigest) -> Compiling {
        let mut state = self.state.lock();
        if !state.closed && !state.is_held {
            state.compiling = Some(digest);
            self.write(&mut state);
        }
        drop(state);
        Compiling(Arc::clone(self))
    }

    /// Records a clean shutdown, so that a compile still running is not counted as a death.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        // The end of an earlier compile may be missing from the file, which another process may write by now.
        if state.compiling.take().is_some() || (state.write_failure_logged && !state.is_held) {
            self.write(&mut state);
        }
    }

    fn end(&self) {
        let mut state = self.state.lock();
        if let Some(digest) = state.compiling.take() {
            state.deaths.remove(&digest);
            self.write(&mut state);
        }
    }

    fn write(&self, state: &mut State) {
        while state.deaths.len() > MAX_CONFIGS {
            state.deaths.pop_first();
        }
        let written = if state.compiling.is_none() && state.deaths.is_empty() {
            remove(&self.path)
        } else {
            replace(&self.path, &Content::new(state))
        };
        match written {
            Ok(()) => state.write_failure_logged = false,
            Err(error) if !state.write_failure_logged => {
                state.write_failure_logged = true;
                let path = shown_path(&self.path);
                tracing::warn!(%path, %error, "cannot write the journal of compiles");
            }
            Err(_) => {}
        }
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Content {
    fn new(state: &State) -> Self {
        let deaths_of = |digest| state.deaths.get(&digest).copied();
        let others = state.deaths.iter();
        let others = others.filter(|(digest, _)| Some(**digest) != state.compiling);
        Self {
            codeid: VERSION.to_owned(),
            sha256: state.compiling.map(|digest| digest.to_string()),
            deaths: state.compiling.and_then(deaths_of).unwrap_or(0),
            others: others.map(|(digest, n)| (digest.to_string(), *n)).collect(),
        }
    }

    fn state(&self) -> Result<State, ParseDigestError> {
        let mut deaths = BTreeMap::new();
        for (digest, n) in &self.others {
            deaths.insert(digest.parse()?, *n);
        }
        let compiling = self.sha256.as_ref().map(|digest| digest.parse());
        let compiling = compiling.transpose()?;
        if let Some(digest) = compiling.filter(|_| self.deaths > 0) {
            deaths.insert(digest, self.deaths);
        }
        Ok(State {
            compiling,
            deaths,
            ..State::default()
        })
    }
}

fn read(path: &Path) -> io::Result<State> {
    let bytes = match regular_file::read(path, MAX_BYTES) {
        Ok(file) => file.bytes,
        Err(ReadError::Absent) => return Ok(State::default()),
        Err(error) => return Err(error.into()),
    };
    let content: Content = serde_json::from_slice(&bytes)?;
    if content.codeid != VERSION {
        return Ok(State::default());
    }
    content.state().map_err(io::Error::other)
}

/// Replaces the content of the file, so that a reader sees the old content or the new, whole.
fn replace(path: &Path, content: &Content) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    regular_file::require_file_or_nothing(path)?;
    let options = &mut OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = regular_file::open_with(options, Path::new(&temporary))?;
    let replaced = file
        .write_all(&serde_json::to_vec(content)?)
        .and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // If this fails, the next writer takes the file.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

fn remove(path: &Path) -> io::Result<()> {
    regular_file::require_file_or_nothing(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;
