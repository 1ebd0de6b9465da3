//! The errors of the files that TLS on a listener needs.

use std::path::PathBuf;

use thiserror::Error;

use crate::certified_key::NoPrivateKey;
use crate::files::secret_file::SecretFileError;
use crate::regular_file::ReadError;
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
    pub(super) path: PathBuf,
    pub(super) source: Flaw,
}

/// The flaw of one of the files, which [`CertificateError`] names.
#[derive(Debug, Error)]
pub(super) enum Flaw {
    #[error(transparent)]
    File(#[from] ReadError),
    #[error(transparent)]
    KeyFile(#[from] SecretFileError),
    // The parser's error is left out: it quotes the text that it cannot parse.
    #[error("it is not valid PEM")]
    NotPem,
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    #[error("its first certificate cannot be read")]
    BadCertificate(#[source] rustls::Error),
    /// The certificate with this number, from 1, is not one of an authority.
    #[error("its certificate number {number} cannot be read")]
    BadAuthority {
        number: usize,
        source: rustls::Error,
    },
    #[error(transparent)]
    NoKey(#[from] NoPrivateKey),
    #[error("it is not the key of the certificate in {}", shown_path(.0))]
    OtherKey(PathBuf),
    #[error("its key type is not supported")]
    UnusableKey(#[source] rustls::Error),
}
