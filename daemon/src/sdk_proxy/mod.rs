//! sdkProxy: requests of the client SDK on their way to Alipay+ and back.
//!
//! ```text
//! serving thread ──body, headers──▶ proxy threads: parse ─▶ customer ─▶ sign ─▶ send, at most once
//!        ▲                                                                           │
//!        └──the upstream response, byte for byte, or a result of our own ── verify ◀─┘
//! ```
//!
//! Parsing, signing and forwarding have threads of their own, so that no lookup waits for them.
//!
//! Source: SPEC.md, section 4.

mod connections;
mod customer;
mod customer_id;
pub(crate) mod exchange;
mod forwarder;
pub(crate) mod login_check;
mod open;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod upstream;
mod upstream_result;
mod verifier;

pub(crate) use self::forwarder::SdkProxy;
pub(crate) use self::open::OpenError;
pub(crate) use self::request::MAX_BODY_BYTES;
pub use self::request::{IllegalRequest, PATH, SdkRequest};
pub(crate) use self::response::Response;
pub use self::upstream_result::UpstreamResult;
pub use self::verifier::{ResponseError, Verifier};
