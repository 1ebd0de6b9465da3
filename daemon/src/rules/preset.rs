//! The preset: the route config that is built into the program, or the file that replaces it.

use crate::files::watch::FileWatch;
use crate::regular_file::ReadError;

/// `config/routes.preset.json`, as it was when the program was built.
pub const ROUTE_CONFIG: &[u8] = include_bytes!("../../../config/routes.preset.json");

/// The source of level PRESET.
pub(super) enum Preset {
    /// The config that is built into the program.
    BuiltIn,
    /// A file, which is watched while the preset is live.
    File {
        watch: Box<FileWatch>,
        /// The name of the file as it may be shown.
        shown: String,
    },
}

impl Preset {
    /// Reads the config.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the file cannot be read.
    pub(super) async fn read(&self) -> Result<Vec<u8>, ReadError> {
        match self {
            Self::BuiltIn => Ok(ROUTE_CONFIG.to_vec()),
            Self::File { watch, .. } => watch.read_settled().await,
        }
    }

    /// Returns the name of the preset as it may be shown.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::BuiltIn => "built in",
            Self::File { shown, .. } => shown,
        }
    }
}
