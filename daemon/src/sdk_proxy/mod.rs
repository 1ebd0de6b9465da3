//! sdkProxy: requests of the client SDK on their way to Alipay+ and back.
//!
//! ```text
//! serving thread ──body, headers──▶ proxy threads: parse ─▶ customer ─▶ sign ─▶ send, at most once
//!        ▲                                                                           │
//!        └──the upstream response, byte for byte or in the model of the client SDK, ◀── verify ─┘
//!           or a failure of our own
//! ```
//!
//! Parsing, signing and forwarding have threads of their own, so that no lookup waits for them.
//!
//! Source: SPEC.md, section 4.

mod checked_response;
mod client_response;
mod connections;
mod customer;
mod customer_id;
pub(crate) mod exchange;
mod failure;
mod forwarder;
mod illegal_request;
mod interface;
pub(crate) mod login_check;
mod open;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod upstream;
mod verifier;

pub use self::checked_response::{
    CheckedResponse, UnverifiedRefusal, UpstreamResult, VerifiedResponse,
};
pub(crate) use self::failure::Failure;
pub(crate) use self::forwarder::SdkProxy;
pub use self::illegal_request::IllegalRequest;
pub use self::interface::Interface;
pub(crate) use self::open::{NeededKind, OpenError, rehearse};
pub(crate) use self::request::MAX_BODY_BYTES;
pub use self::request::{LegalRequest, PATH, SdkRequest};
pub(crate) use self::response::Response;
pub use self::verifier::{ResponseError, Verifier};
