//! What all connections share.

use std::sync::Arc;

use codeid_engine::LiveTable;

use crate::budget::Budget;
use crate::metrics::Metrics;
use crate::reload::status::Board;
use crate::sdk_proxy::SdkProxy;
use crate::settings::{Http, Resp};
use crate::shutdown::Shutdown;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) live: Arc<LiveTable>,
    pub(super) board: Arc<Board>,
    pub(super) limits: Http,
    pub(super) resp: Resp,
    pub(super) budget: Arc<Budget>,
    /// `None`: sdkProxy is not configured.
    pub(super) proxy: Option<SdkProxy>,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) metrics: Arc<Metrics>,
}
