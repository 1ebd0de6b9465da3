//! What can go wrong at the start, and the first route table.

use std::fs::File;
use std::io::{self, Read};
use std::panic::catch_unwind;
use std::path::PathBuf;

use codeid_engine::RouteTable;
use thiserror::Error;

use crate::preset;
use crate::server::ListenError;
use crate::settings::{Settings, SettingsError};

/// Why the daemon did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is no first route table.
    #[error("the preset {name}: {why}")]
    Preset {
        /// The file, or what stands for the one built in.
        name: String,
        /// Why it was not read, or not accepted.
        why: String,
    },
    /// A listener was not opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system refused something that no setting names.
    #[error("{what}")]
    System {
        /// What was refused.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl StartError {
    /// The result code that the line on standard error begins with.
    #[must_use]
    pub const fn result_code(&self) -> &'static str {
        match self {
            Self::Settings(_) | Self::Listen(_) => "PARAM_ILLEGAL",
            Self::Preset { .. } => "INIT_CONFIG_IS_INVALID",
            Self::System { .. } => "UNKNOWN_EXCEPTION",
        }
    }
}

/// The first route table: from the file that the settings name, else the one built in.
///
/// # Errors
///
/// [`StartError::Preset`] if the file cannot be read or its content is refused.
pub(crate) fn first_table(settings: &Settings) -> Result<RouteTable, StartError> {
    let name = preset_name(settings);
    let refuse = |why: String| StartError::Preset {
        name: name.clone(),
        why,
    };
    let bytes = match &settings.route.preset_path {
        None => preset::ROUTE_CONFIG.to_vec(),
        // No more than the longest config can take, whatever the file is.
        Some(path) => read_at_most(
            path,
            settings.compile.max_config_characters.saturating_mul(4),
        )
        .map_err(|error| refuse(format!("cannot be read: {error}")))?,
    };
    let limits = settings.compile;
    match catch_unwind(|| RouteTable::from_json(&bytes, &limits)) {
        Ok(Ok(table)) => Ok(table),
        Ok(Err(error)) => Err(refuse(error.to_string())),
        Err(_) => Err(refuse("compiling it met an internal fault".to_owned())),
    }
}

/// How the preset is called in messages.
pub(crate) fn preset_name(settings: &Settings) -> String {
    settings
        .route
        .preset_path
        .as_ref()
        .map_or_else(|| "built in".to_owned(), |path| path.display().to_string())
}

/// One byte more than `most` shows that there is more.
fn read_at_most(path: &PathBuf, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
