//! Key files: PEM, one key in each.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{PemObject, SectionKind};
use thiserror::Error;

use crate::error_chain::ErrorChain;
use crate::files::regular_file::{self, ReadError, RegularFile};

/// The most bytes of a key file. A key of 8192 bits has less than a tenth of that.
const MAX_BYTES: usize = 64 << 10;

/// Why a key cannot be used: the file, and what is wrong with it, without a part of it.
#[derive(Debug, Error)]
#[error("{path}: {why}")]
pub struct KeyError {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

impl KeyError {
    pub(super) fn new(path: &Path, why: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

/// Reads a file that only its owner may read or write.
///
/// # Errors
///
/// [`KeyError`] if it cannot be read, or others have any permission.
pub(super) fn read_private(path: &Path) -> Result<Vec<u8>, KeyError> {
    described(path, regular_file::read_private(path, MAX_BYTES))
}

/// Reads a file that anybody may read.
///
/// # Errors
///
/// [`KeyError`] if it cannot be read.
pub(super) fn read_public(path: &Path) -> Result<Vec<u8>, KeyError> {
    described(path, regular_file::read(path, MAX_BYTES))
}

/// The only section in `pem` of one of these kinds, in DER; sections of other kinds are passed
/// over. `wanted` says what is looked for.
///
/// # Errors
///
/// What is wrong, without any of the content.
pub(super) fn only_section(
    pem: &[u8],
    kinds: &[SectionKind],
    wanted: &str,
) -> Result<(SectionKind, Vec<u8>), String> {
    let mut found = None;
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        // The parser's errors quote what they do not understand.
        let section = section.map_err(|_| "it is not valid PEM".to_owned())?;
        if kinds.contains(&section.0) && found.replace(section).is_some() {
            return Err("it holds more than one key".to_owned());
        }
    }
    found.ok_or_else(|| format!("it holds no {wanted}"))
}

fn described(path: &Path, read: Result<RegularFile, ReadError>) -> Result<Vec<u8>, KeyError> {
    read.map(|file| file.bytes)
        .map_err(|error| KeyError::new(path, ErrorChain(&error).to_string()))
}
