//! HTTP/1.1 as the serving listeners speak it: from the bytes of requests to the bytes of responses.
//!
//! ```text
//! bytes ──Head::read──▶ method, path, framing of the body
//!       ──Body::next──▶ the bytes of the body, without their framing
//! Response::write ──▶ bytes
//! ```
//!
//! This module does no I/O: `serve::http` reads and writes. A request that another parser could read
//! in another way is refused (request smuggling): see [`HeadError::Ambiguous`].
//!
//! # Deviations from RFC 9112
//!
//! Laxer than the RFC:
//!
//! - `Host` is not looked at: a request of HTTP/1.1 without one, or with several, is served, where
//!   section 3.2 requires 400.
//! - A target of any form is accepted, and its authority is ignored. The path alone decides about the
//!   response, which is 404 for `*` and for the form of `CONNECT`.
//! - An `Expect` other than `100-continue` is ignored (RFC 9110, section 10.1.1, allows 417), and so is
//!   `Content-Encoding` (RFC 9110, section 8.4, asks for 415).
//!
//! Stricter than the RFC, or strict where it leaves a choice:
//!
//! - Lines end in CR LF; a bare LF is refused (section 2.2).
//! - `Transfer-Encoding` must be one `chunked`, without a `Content-Length` (section 6.3). Other codings
//!   are refused with 400 and not with 501 (section 6.1).
//! - A `Content-Length` that is repeated is refused, even with the same value (section 6.3).
//! - A head has at most [`MAX_HEADERS`] header lines. The line with the size of a chunk, extensions
//!   included, has at most 64 bytes with its CR (section 7.1.1); all trailers together have at most
//!   16 KiB, and are dropped.
//! - A request with another version of HTTP is refused with 400 and not with 505.
//!
//! Source: SPEC.md, section 6; RFC 9110 and RFC 9112.

mod body;
mod date;
mod head;
mod response;

pub use self::body::{Body, BrokenBody};
pub use self::date::DateLine;
pub use self::head::{Framing, Head, HeadError, MAX_HEADERS, MediaType, Method, header_map};
pub use self::response::{ConnectionOption, Response};
