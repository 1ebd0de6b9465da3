//! The `result` object of every response, and the published result codes.

pub mod identify;
pub mod sdk_proxy;

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
