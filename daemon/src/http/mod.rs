//! HTTP/1.1 as spoken on the serving listeners: from the bytes of requests to the bytes of responses.
//!
//! ```text
//! bytes ──Head::read──▶ method, path, framing of the body
//!       ──Body::next──▶ the bytes of the body, without their framing
//! Response::write ──▶ bytes
//! ```
//!
//! This module does no I/O: `serve::http` reads and writes. A request that another parser could read
//! differently is refused (request smuggling): see [`HeadError::Ambiguous`].
//!
//! # Deviations from RFC 9112
//!
//! Laxer than the RFC:
//!
//! - `Host` is ignored: an HTTP/1.1 request without one, or with several, is served, where section 3.2
//!   requires 400.
//! - A target of any form is accepted, and its authority is ignored. Only the path selects the response;
//!   `*` and the authority form get 404.
//! - An `Expect` other than `100-continue` is ignored, and so is `Content-Encoding` (sections 10.1.1 and
//!   8.4 of RFC 9110 allow 417 and 415).
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
//! - A request with any other HTTP version is refused with 400 and not with 505.
//!
//! Source: SPEC.md, section 6; RFC 9110 and RFC 9112.

mod body;
mod date;
mod head;
mod response;

pub use self::body::{Body, BrokenBody};
pub use self::date::DateLine;
pub use self::head::{Framing, Head, HeadError, MAX_HEADERS, MediaType, Method, header_map};
pub use self::response::{BodyEnd, ConnectionOption, Response, write_chunk, write_last_chunk};
