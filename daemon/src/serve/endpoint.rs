//! What is served where.

use crate::http::Method;
use crate::{identify, sdk_proxy};

/// Something that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// One code value.
    IdentifyCode,
    /// A batch of them.
    IdentifyCodes,
    /// Forwarding for the client SDK.
    SdkProxy,
    /// Whether the process runs.
    Live,
    /// Whether requests should be sent here.
    Ready,
}

impl Endpoint {
    /// What is served on a path, if anything is.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/v1/identifyCode" => Some(Self::IdentifyCode),
            "/v1/identifyCodes" => Some(Self::IdentifyCodes),
            sdk_proxy::PATH => Some(Self::SdkProxy),
            "/livez" => Some(Self::Live),
            "/readyz" => Some(Self::Ready),
            _ => None,
        }
    }

    pub(super) fn allows(self, method: Method) -> bool {
        match self {
            Self::Live | Self::Ready => matches!(method, Method::Get | Method::Head),
            _ => method == Method::Post,
        }
    }

    /// The methods that are allowed, as the header `Allow` lists them.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::Live | Self::Ready => "GET, HEAD",
            _ => "POST",
        }
    }

    /// The most bytes of a request's body.
    pub(super) const fn max_body_bytes(self) -> usize {
        match self {
            Self::IdentifyCode => identify::MAX_BODY_BYTES,
            Self::IdentifyCodes => identify::MAX_BATCH_BODY_BYTES,
            Self::SdkProxy => sdk_proxy::MAX_BODY_BYTES,
            Self::Live | Self::Ready => 0,
        }
    }
}
