//! The servers to measure, and the requests that they take.

use std::num::NonZero;

use super::address::Address;

/// The path of `identifyCode`.
pub(super) const IDENTIFY_PATH: &str = "/v1/identifyCode";

/// The path of `identifyCodes`.
pub(super) const BATCH_PATH: &str = "/v1/identifyCodes";

/// A server to be measured.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its name in tables and plots.
    pub(super) name: String,
    /// The address to connect to.
    pub(super) address: Address,
    /// The kind of request to send.
    pub(super) protocol: Protocol,
    /// The number of code values in each request; `None` for requests of one code value, which are not
    /// arrays.
    pub(super) batch: Option<NonZero<usize>>,
}

/// The kind of request that is sent to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `POST` of `identifyCode` or `identifyCodes`.
    IdentifyHttp {
        /// The value of the header `Host`.
        host: String,
        /// The path with the query, in visible ASCII.
        path: String,
    },
    /// The command `IDENTIFY` or `MIDENTIFY`.
    IdentifyResp,
    /// The command `IDENTIFY … AS JSON`.
    IdentifyRespJson,
    /// The command `GET` of a key, in which `{code}` and `{openId}` are filled in.
    RedisGet {
        /// The key, with its placeholders.
        key: String,
    },
    /// `GET` of a path, in which `{code}` and `{openId}` are filled in.
    HttpGet {
        /// The value of the header `Host`.
        host: String,
        /// The path with the query, in visible ASCII, with its placeholders.
        path: String,
    },
}

impl Target {
    /// Returns a target with `name`, or with one of its protocol and address if the command line has none.
    pub(super) fn new(
        name: Option<&String>,
        address: Address,
        protocol: Protocol,
        batch: Option<NonZero<usize>>,
    ) -> Self {
        let mut target = Self {
            name: String::new(),
            address,
            protocol,
            batch,
        };
        target.name = name.map_or_else(
            || format!("{}, {}", target.protocol_name(), target.address),
            String::clone,
        );
        target
    }

    /// Returns the name of the requests for reports and JSON.
    pub(super) const fn protocol_name(&self) -> &'static str {
        match (&self.protocol, self.batch) {
            (Protocol::IdentifyHttp { .. }, None) => "HTTP identifyCode",
            (Protocol::IdentifyHttp { .. }, Some(_)) => "HTTP identifyCodes",
            (Protocol::IdentifyResp, None) => "RESP IDENTIFY",
            (Protocol::IdentifyResp, Some(_)) => "RESP MIDENTIFY",
            (Protocol::IdentifyRespJson, _) => "RESP IDENTIFY AS JSON",
            (Protocol::RedisGet { .. }, _) => "Redis GET",
            (Protocol::HttpGet { .. }, _) => "HTTP GET",
        }
    }
}

impl Protocol {
    /// Returns `true` if the target is codeid, whose responses can be verified.
    pub(super) const fn is_identify(&self) -> bool {
        matches!(
            self,
            Self::IdentifyHttp { .. } | Self::IdentifyResp | Self::IdentifyRespJson
        )
    }

    /// Returns `true` if one request can have several code values.
    pub(super) const fn has_batches(&self) -> bool {
        matches!(self, Self::IdentifyHttp { .. } | Self::IdentifyResp)
    }

    /// Returns `true` if requests and responses are HTTP, and not RESP.
    pub(super) const fn is_http(&self) -> bool {
        matches!(self, Self::IdentifyHttp { .. } | Self::HttpGet { .. })
    }
}
