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
//! SPEC.md, section 8, lists where this deliberately deviates from RFC 9110 and RFC 9112; a change here
//! changes that list.
//!
//! Source: SPEC.md, sections 6 and 8; RFC 9110 and RFC 9112.

mod body;
mod content;
mod date;
mod head;
mod response;

pub use self::body::{Body, BrokenBody};
pub(crate) use self::content::{has_coding, is_json, shown};
pub use self::date::DateLine;
pub use self::head::{Framing, Head, HeadError, MAX_HEADERS, MediaType, Method, header_map};
pub use self::response::{BodyEnd, ConnectionOption, Response, write_chunk, write_last_chunk};
