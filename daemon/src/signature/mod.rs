//! Signatures of requests and responses: made, written into a header, parsed from one, and verified.
//!
//! ```text
//! SignedContent ──SigningKey::sign──▶ the value of a Signature header
//! SignedContent + header ──VerifyingKeys::verify──▶ VerifiedBody, or SignatureError
//! ```
//!
//! RSASSA-PKCS1-v1_5 with SHA-256, by aws-lc-rs. Nothing here shows a key, neither in an error nor in
//! `Debug`.
//!
//! Source: SPEC.md, section 5.

mod content;
mod encoding;
mod header;
mod pem;
mod signing_key;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod verifying_keys;

pub use self::content::SignedContent;
pub use self::header::{SignatureError, SignatureHeader};
pub use self::pem::{KeyError, KeyFileError};
pub use self::signing_key::{SigningError, SigningKey};
pub use self::verifying_keys::{VerifiedBody, VerifyingKeys};
pub use crate::key_content::{KeyKind, OtherContent};
pub use crate::settings::KeyVersion;
