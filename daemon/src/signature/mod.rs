//! Signatures of requests and of answers: made, written into a header, read from one, and checked.
//!
//! ```text
//! SignedContent ──SigningKey::sign──▶ the value of a Signature header
//! SignedContent + header ──VerifyingKeys::verify──▶ () or why not
//! ```
//!
//! RSASSA-PKCS1-v1_5 with SHA-256, by aws-lc-rs. Nothing here shows a key: not an error, not a
//! `Debug`.
//!
//! Source: SPEC.md, section 5.

mod content;
mod encoding;
mod header;
mod keys;
mod pem;
#[cfg(test)]
mod tests;

pub use self::content::SignedContent;
pub use self::header::{SignatureError, SignatureHeader};
pub use self::keys::{SigningFailed, SigningKey, VerifyingKeys};
pub use self::pem::KeyError;
pub use crate::settings::KeyVersion;
