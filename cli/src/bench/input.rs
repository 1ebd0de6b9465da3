//! Input files of `codeid bench`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use codeid_daemon::regular_file;
use codeid_daemon::uri::{opened_path, shown_path};

use crate::encoding::{EncodingError, UTF_8_MARK, refuse_wide};

/// The size limit of an input file, in bytes.
const MAX_BYTES: usize = 1 << 30;

/// Code values for runs without a file: six in public formats, and two in other formats.
const SAMPLE: [&str; 8] = [
    "28100104df2342342",
    "https://qr.alipayplus.com/281001040123456789",
    "https://qr.paypay.ne.jp/28180105example",
    "https://qr.alipay.com/28100104abcdef123456",
    "https://pay.example.com/MPM/3/QWxpcGF5KyBtZXJjaGFudA==",
    "00020101021226290025COM.ALIPAY.OPENAPI520400005303702540510.005802SG5904Shop6009Singapore6304ABCD",
    "https://www.example.com/menu?table=7",
    "WIFI:T:WPA;S:guest;P:welcome;;",
];

/// The reason why an input file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    /// The file cannot be read.
    #[error("{} cannot be read", shown_path(path))]
    Unreadable { path: PathBuf, source: io::Error },
    /// The file is longer than [`MAX_BYTES`].
    #[error("{} is longer than {} GiB", opened_path(.0), MAX_BYTES >> 30)]
    TooLong(PathBuf),
    /// The file is not UTF-8.
    #[error("{} is not valid UTF-8 at byte {valid_up_to}", opened_path(path))]
    NotUtf8 {
        /// The path of the file.
        path: PathBuf,
        /// The index of the first byte that is not a part of UTF-8, from 0.
        valid_up_to: usize,
    },
    /// The file is in UTF-16 or UTF-32.
    #[error("{} cannot be used", opened_path(path))]
    Encoding {
        path: PathBuf,
        source: EncodingError,
    },
    /// A line, counted from 1, of the code values has a tab, after which `identify --file` takes an
    /// openId.
    #[error(
        "{}, line {line}: has a tab; --codes takes code values without openIds",
        opened_path(path)
    )]
    SecondColumn { path: PathBuf, line: usize },
    /// The file of code values is empty.
    #[error("{} contains no code values", opened_path(.0))]
    NoCodes(PathBuf),
    /// The file of saved runs is not such a document.
    #[error("{} is not an output of codeid bench --json", opened_path(path))]
    NotFigures {
        path: PathBuf,
        source: serde_json::Error,
    },
}

/// Reads the code values of the file at `path`, one per line; returns a built-in sample if no file
/// is given. At least one.
///
/// # Errors
///
/// [`InputError::NoCodes`] if the file is empty, and the errors of [`read_file`].
pub(super) fn read_codes(path: Option<&Path>) -> Result<Vec<String>, InputError> {
    let Some(path) = path else {
        return Ok(SAMPLE.map(str::to_owned).to_vec());
    };
    let text = read_file(path)?;
    let codes: Vec<String> = text
        .lines()
        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
        .collect();
    if codes.is_empty() {
        return Err(InputError::NoCodes(path.to_owned()));
    }
    if let Some(index) = codes.iter().position(|code| code.contains('\t')) {
        return Err(InputError::SecondColumn {
            path: path.to_owned(),
            line: index + 1,
        });
    }
    Ok(codes)
}

/// Reads a whole text file. A byte order mark is not part of the text.
///
/// # Errors
///
/// [`InputError::Unreadable`], [`InputError::TooLong`], [`InputError::Encoding`] or
/// [`InputError::NotUtf8`].
pub(super) fn read_file(path: &Path) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    regular_file::open(path)
        .map_err(io::Error::from)
        .and_then(|(file, _)| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|source| InputError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() > MAX_BYTES {
        return Err(InputError::TooLong(path.to_owned()));
    }
    refuse_wide(&bytes, true).map_err(|source| InputError::Encoding {
        path: path.to_owned(),
        source,
    })?;
    if bytes.starts_with(UTF_8_MARK) {
        bytes.drain(..UTF_8_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| InputError::NotUtf8 {
        path: path.to_owned(),
        valid_up_to: error.utf8_error().valid_up_to(),
    })
}
