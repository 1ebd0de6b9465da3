//! JSON of requests, read strictly and written quickly.
//!
//! RFC 8259 leaves open what a repeated key or a lone surrogate means, so that two readers of one
//! request could understand it in two ways. Both are refused here, at every depth.

mod body;
mod kind;
mod strict;
mod string;

pub use self::body::BodyError;
pub(crate) use self::body::{TextReader, parse, parse_kind, read_text, unreadable_beginning};
pub use self::kind::Kind;
pub use self::strict::StrictJsonError;
pub(crate) use self::strict::{check, decode_string};
pub(crate) use self::string::write_string;
