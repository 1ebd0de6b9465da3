//! HTTP/1.1 as the serving listeners speak it: from the bytes of requests, to the bytes of answers.
//!
//! ```text
//! bytes ──Head::read──▶ what is asked for, and how its body is framed
//!       ──Body::next──▶ the bytes of the body, without their framing
//! Answer::write ──▶ bytes
//! ```
//!
//! Pure: bytes in, bytes out. Who reads and writes them is `server::http`. A request that another
//! parser could read another way is refused (request smuggling): see [`HeadError::Ambiguous`].
//!
//! Source: SPEC.md, section 6; RFC 9110 and RFC 9112.

mod answer;
mod body;
mod head;

pub use self::answer::{Answer, Connection, DateLine};
pub use self::body::{Body, BrokenBody};
pub use self::head::{Framing, Head, HeadError, MAX_HEADERS, MediaType, Method, header_map};
