//! Who the customer is, from the one place that the settings name.

use hyper::header::HeaderMap;

use super::customer_header::named_in;
use super::login_check::LoginCheck;
use super::request::SdkRequest;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;

/// The place.
pub(super) enum CustomerFrom {
    /// The field `customerId` of the body.
    Body,
    /// The request's header.
    Header,
    /// Another server, which is asked.
    LoginCheck(Box<LoginCheck>),
}

impl CustomerFrom {
    /// The customer of this request; what the other places say is not looked at.
    ///
    /// # Errors
    ///
    /// The result that the caller gets instead.
    pub(super) async fn find(
        &self,
        headers: &HeaderMap,
        request: &SdkRequest<'_>,
    ) -> Result<String, &'static ApiResult> {
        match self {
            Self::Body => {
                let customer_id = request.customer_id();
                let customer_id = customer_id.map_err(|_| &results::PARAM_ILLEGAL)?;
                Ok(customer_id.to_owned())
            }
            Self::Header => named_in(headers).ok_or(&results::ACCESS_DENIED),
            Self::LoginCheck(check) => {
                let admitted = check.admits(headers).await;
                admitted.ok_or(&results::ACCESS_DENIED)
            }
        }
    }
}
