//! The customer of a request, from the one place that the settings name.

use hyper::header::HeaderMap;

use super::customer_id::customer_id;
use super::login_check::LoginCheck;
use super::request::SdkRequest;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;

/// The place that names the customer.
pub(super) enum CustomerFrom {
    /// The field `customerId` of the body.
    Body,
    /// The header of the request.
    Header,
    /// The response of another server, which is asked.
    LoginCheck(Box<LoginCheck>),
}

impl CustomerFrom {
    /// Returns the customer of a request. The other places are ignored.
    ///
    /// # Errors
    ///
    /// The result that the caller gets instead: `PARAM_ILLEGAL` if the body should name the
    /// customer and does not, otherwise `ACCESS_DENIED`.
    pub(super) async fn find(
        &self,
        headers: &HeaderMap,
        request: &SdkRequest<'_>,
    ) -> Result<String, &'static ApiResult> {
        match self {
            Self::Body => {
                let customer_id = request.customer_id();
                let customer_id = customer_id.map_err(|_| &results::PARAM_ILLEGAL)?;
                Ok(customer_id.into_owned())
            }
            Self::Header => customer_id(headers).ok_or(&results::ACCESS_DENIED),
            Self::LoginCheck(check) => {
                let admitted = check.admits(headers).await;
                admitted.ok_or(&results::ACCESS_DENIED)
            }
        }
    }
}
