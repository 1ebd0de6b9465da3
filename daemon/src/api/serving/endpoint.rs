//! The operations of the serving listeners.

/// An operation of the serving listeners. Each has one or more rows in [`ROUTES`](super::ROUTES), which give its
/// methods and its path.
///
/// Source: SPEC.md, section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Identifies one code value.
    IdentifyCode,
    /// Identifies a batch of code values.
    IdentifyCodes,
    /// Forwards a request of the client SDK.
    SdkProxy,
    /// Forwards a request in the client SDK's own model.
    ClientSdkProxy,
    /// Reports that the process runs.
    Live,
    /// Reports whether requests should be sent here.
    Ready,
}
