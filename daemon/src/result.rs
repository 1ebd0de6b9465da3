//! The `result` object that every answer has.

/// A result code, with the status and message that the public documents give it.
///
/// Which codes an interface has, and what their messages say, differs from page to page of those
/// documents: each interface names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApiResult {
    /// `resultCode`.
    pub(crate) code: &'static str,
    /// `resultStatus`: `S`, `F` or `U`.
    pub(crate) status: &'static str,
    /// `resultMessage`, verbatim.
    pub(crate) message: &'static str,
}

impl ApiResult {
    /// Appends `"result":{…}`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
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
