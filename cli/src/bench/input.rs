//! Input files of `codeid bench`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

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

/// Reads the code values of the file at `path`, one per line; returns a built-in sample if no file
/// is given. At least one.
///
/// # Errors
///
/// A message if the file cannot be read, or contains no code values.
pub(super) fn read_codes(path: Option<&Path>) -> Result<Vec<String>, String> {
    let Some(path) = path else {
        return Ok(SAMPLE.map(str::to_owned).to_vec());
    };
    let shown = path.display();
    let text = read_file(path)?;
    let codes: Vec<String> = text
        .lines()
        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
        .collect();
    if codes.is_empty() {
        return Err(format!("{shown} contains no code values"));
    }
    Ok(codes)
}

/// Reads a whole text file.
///
/// # Errors
///
/// A message if the file cannot be read, is longer than 1 GiB, or is not UTF-8.
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if bytes.len() > MAX_BYTES {
        return Err(format!("{shown} is longer than 1 GiB"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{shown} is not valid UTF-8 at byte {at}")
    })
}
