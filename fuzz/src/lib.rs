//! The properties that the fuzz targets check, one function each, which panics if the property does
//! not hold. The targets call these functions, and so does the replay of the corpus, which needs no
//! fuzzer.

mod admin_request;
mod callback_result;
mod engine_vs_reference;
mod exchange;
mod headers;
mod http;
mod http_body;
mod login_check;
mod remote_response;
mod resp;
mod route_config;
mod sdk_request;
mod sdk_response;
mod signature_header;
mod tokens_file;

pub use admin_request::admin_request;
pub use callback_result::callback_result;
pub use engine_vs_reference::{GeneratedCase, engine_vs_reference};
pub use http::http;
pub use http_body::http_body;
pub use login_check::login_check;
pub use remote_response::remote_response;
pub use resp::resp;
pub use route_config::route_config;
pub use sdk_request::sdk_request;
pub use sdk_response::sdk_response;
pub use signature_header::signature_header;
pub use tokens_file::tokens_file;
