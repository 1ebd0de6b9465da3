//! The errors of the files that TLS on a listener needs.

use std::path::PathBuf;

use thiserror::Error;

use crate::certified_key::Flaw;
use crate::uri::shown_path;

/// The reason why a certificate cannot be served: the setting of one of its files, or of that of the
/// clients' authorities, and what is wrong with the file.
///
/// No message shows a part of the key.
#[derive(Debug, Error)]
#[error("{setting} {}", shown_path(.path))]
pub(crate) struct CertificateError {
    /// The name of the setting that names the file.
    pub(super) setting: String,
    /// The file.
    pub(super) path: PathBuf,
    /// The fault of the file.
    pub(super) source: Flaw,
}
