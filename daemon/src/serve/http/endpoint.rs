//! The endpoints of the serving listeners, and the requests that they take.

use crate::http::Method;
use crate::sdk_proxy::Interface;
use crate::{identify, sdk_proxy};

pub(super) use crate::api::serving::Endpoint;

impl Endpoint {
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
            Self::SdkProxy | Self::ClientSdkProxy => sdk_proxy::MAX_BODY_BYTES,
            Self::Live | Self::Ready => 0,
        }
    }

    /// Returns the interface of sdkProxy that the endpoint is, if it is one.
    pub(super) const fn sdk_proxy_interface(self) -> Option<Interface> {
        match self {
            Self::SdkProxy => Some(Interface::Server),
            Self::ClientSdkProxy => Some(Interface::Client),
            Self::IdentifyCode | Self::IdentifyCodes | Self::Live | Self::Ready => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::serving::ROUTES;

    #[test]
    fn endpoints_take_the_methods_of_their_routes() {
        for route in ROUTES {
            let endpoint = Endpoint::from_path(route.path);
            assert_eq!(endpoint, Some(route.endpoint));
            assert_eq!(route.endpoint.allowed(), route.method.allowed());
        }
        assert_eq!(
            Endpoint::from_path(sdk_proxy::PATH),
            Some(Endpoint::SdkProxy)
        );
        assert_eq!(Endpoint::from_path("/v1"), None);
    }
}
