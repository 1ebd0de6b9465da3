//! The `result` object of every response, and the published result codes.

pub mod identify;
pub mod init;
pub mod sdk_proxy;

use crate::json::write_string;

/// A result code, with the status and message that the public documents give it.
///
/// Which codes an interface has, and what their messages say, differs from page to page of those
/// documents: each interface names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiResult {
    /// `resultCode`.
    pub code: &'static str,
    /// `resultStatus`: `S`, `F` or `U`.
    pub status: &'static str,
    /// `resultMessage`, verbatim.
    pub message: &'static str,
}

impl ApiResult {
    /// Appends `"result":{…}`.
    pub fn write(&self, out: &mut Vec<u8>) {
        // The texts are constants that need no escapes.
        let parts = [
            r#""result":{"resultCode":""#,
            self.code,
            r#"","resultStatus":""#,
            self.status,
            r#"","resultMessage":""#,
            self.message,
            r#""}"#,
        ];
        for part in parts {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// Appends the response body for a failure; `detail` is one sentence for people.
pub fn write_failure(result: &ApiResult, detail: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{");
    result.write(out);
    out.extend_from_slice(br#","detail":"#);
    write_string(detail, out);
    out.extend_from_slice(b"}");
}
