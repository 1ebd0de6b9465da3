//! The content that a signature covers.

use std::fmt;

use aws_lc_rs::digest::{Context, Digest, SHA256};

/// The parts of a message that its signature covers, the same for a request and its response:
/// `POST {path}\n{client_id}.{time}.{body}`.
#[derive(Clone, Copy)]
pub struct SignedContent<'a> {
    /// The path of the request, without host and query.
    pub path: &'a str,
    /// The Client-Id of the caller of the interface, in both directions.
    pub client_id: &'a str,
    /// `Request-Time` of a request, `Response-Time` of a response: as in the header, to the byte.
    pub time: &'a str,
    /// The body as it is sent, to the byte.
    pub body: &'a [u8],
}

impl SignedContent<'_> {
    /// Returns the SHA-256 of the content, without concatenating the parts first.
    pub(super) fn digest(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        for part in [
            b"POST ".as_slice(),
            self.path.as_bytes(),
            b"\n",
            self.client_id.as_bytes(),
            b".",
            self.time.as_bytes(),
            b".",
            self.body,
        ] {
            context.update(part);
        }
        context.finish()
    }
}

/// Shows only the length of the body.
impl fmt::Debug for SignedContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedContent")
            .field("path", &self.path)
            .field("client_id", &self.client_id)
            .field("time", &self.time)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
