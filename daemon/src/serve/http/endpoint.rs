//! The endpoints of the serving listeners.

use crate::http::Method;
use crate::{identify, sdk_proxy};

/// An endpoint of the serving listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Identifies one code value.
    IdentifyCode,
    /// Identifies a batch of code values.
    IdentifyCodes,
    /// Forwards a request of the client SDK.
    SdkProxy,
    /// Answers if the process runs.
    Live,
    /// Answers if requests should be sent here.
    Ready,
}

impl Endpoint {
    /// Returns the endpoint of a path, if there is one.
    pub(super) fn from_path(path: &str) -> Option<Self> {
        match path {
            "/v1/identifyCode" => Some(Self::IdentifyCode),
            "/v1/identifyCodes" => Some(Self::IdentifyCodes),
            sdk_proxy::PATH => Some(Self::SdkProxy),
            "/livez" => Some(Self::Live),
            "/readyz" => Some(Self::Ready),
            _ => None,
        }
    }

    /// Returns `true` if the endpoint takes requests with this method.
    pub(super) fn allows(self, method: Method) -> bool {
        match self {
            Self::Live | Self::Ready => matches!(method, Method::Get | Method::Head),
            _ => method == Method::Post,
        }
    }

    /// Returns the methods that are allowed, as the header `Allow` lists them.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::Live | Self::Ready => "GET, HEAD",
            _ => "POST",
        }
    }

    /// Returns the most bytes of a request's body.
    pub(super) const fn max_body_bytes(self) -> usize {
        match self {
            Self::IdentifyCode => identify::MAX_BODY_BYTES,
            Self::IdentifyCodes => identify::MAX_BATCH_BODY_BYTES,
            Self::SdkProxy => sdk_proxy::MAX_BODY_BYTES,
            Self::Live | Self::Ready => 0,
        }
    }
}
