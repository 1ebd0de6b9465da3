//! The files that the Debian package installs beside the program: the units of systemd and the settings file.

mod settings_file;
mod units;

use std::path::{Path, PathBuf};

/// Returns the path of a file that the package installs, in `config/systemd`.
fn packaged(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../config/systemd")
        .join(name)
}
