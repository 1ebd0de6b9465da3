//! What each fuzz target holds of its input. The targets call these functions, and so does the
//! replay of the corpus, which needs no fuzzer.
//!
//! Each panics if the property does not hold.

mod engine_vs_reference;
mod http;
mod http_body;
mod resp;
mod route_config;
mod sdk_answer;
mod sdk_request;
mod signature_header;

pub use engine_vs_reference::{Drawn, engine_vs_reference};
pub use http::http;
pub use http_body::http_body;
pub use resp::resp;
pub use route_config::route_config;
pub use sdk_answer::sdk_answer;
pub use sdk_request::sdk_request;
pub use signature_header::signature_header;
