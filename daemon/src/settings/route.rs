//! The settings of the route config sources.

use std::path::PathBuf;
use std::time::Duration;

use codeid_engine::{CompileLimits, InitLevel};

use super::declarations::Keys;
use super::kind::{FilePath, OneOf, PathOrUri, Uri, Whole};
use super::{Location, Outbound, Secrets};

/// The greatest number of characters to which `ac.route.max-config-characters` can be set.
pub const MAX_CONFIG_CHARACTERS: u64 = 67_108_864;

/// The sources of route configs, and the local storage.
#[derive(Clone, Debug)]
pub struct Route {
    /// The lowest level from which the first route config may come.
    pub init_level: InitLevel,
    /// The URI of the remote source; `None`: there is none.
    pub pull_url: Option<Location>,
    /// The time from the end of a successful pull to the next, to which up to 10 % is added: 100 ms to
    /// 30 days.
    pub pull_delay: Duration,
    /// The time from the end of a failed pull to the next, to which up to 10 % is added: 100 ms to 30
    /// days.
    pub retry_delay: Duration,
    /// The local storage, to which configs from the remote source are saved: a file, or the URI of
    /// another store.
    pub save_path: Location,
    /// The file of the preset; `None`: the one built in.
    pub preset_path: Option<PathBuf>,
}

/// The limits and credentials of calls to remote sources and callbacks.
#[derive(Clone, Debug)]
pub struct Remote {
    /// The time that connecting may take, the look-up of the name, TCP and TLS together: 1 ms to a
    /// minute.
    pub connect_timeout: Duration,
    /// The time that a call may take, from its beginning to the last byte of the response: 1 ms to 10
    /// minutes.
    pub total_timeout: Duration,
    /// The file of the only certificates that are trusted; `None`: the platform's roots.
    pub ca_path: Option<PathBuf>,
    /// The file of the bearer token; `None`: none is sent.
    pub bearer_token_path: Option<PathBuf>,
    /// The access to that file.
    pub secrets: Secrets,
    /// The proxies of the calls.
    pub outbound: Outbound,
}

impl Route {
    /// Declares the keys of `ac.route`. One of them is a limit of compiling, and is set in
    /// `compile`, whose value is the default.
    pub(super) fn declare(keys: &mut Keys, compile: &mut CompileLimits) -> Self {
        let route = Self {
            init_level: keys.setting(
                "ac.route.init-route-config-level",
                OneOf::words(),
                InitLevel::Preset,
                "The lowest source from which the first route config may come.",
            ),
            pull_url: keys.optional(
                "ac.route.pull-route-config-url",
                Uri,
                "The remote source of the route config; without it there is no remote source.",
            ),
            pull_delay: keys.setting(
                "ac.route.pull-route-config-fixed-delay",
                Whole::between(100, 2_592_000_000, "milliseconds"),
                Duration::from_secs(600),
                "The time from the end of a successful pull to the next, plus up to 10 % of jitter.\n\
                 The first one after the start comes sooner, after a random part of that time.",
            ),
            retry_delay: keys.setting(
                "ac.route.pull-route-config-exception-retry-delay",
                Whole::between(100, 2_592_000_000, "milliseconds"),
                Duration::from_secs(60),
                "The time from a failed pull to the next, plus up to 10 % of jitter.\n\
                 The first one after the start comes sooner, after a random part of that time.",
            ),
            save_path: keys.setting(
                "ac.route.save-route-config-path",
                PathOrUri,
                Location::parse("data/route-config.json").expect("the path is short and plain"),
                "The file to which the last good route config is saved, or the URI of another store.",
            ),
            preset_path: keys.optional(
                "ac.route.preset-route-config-path",
                FilePath,
                "The route config to begin with; without it, the one built into the program.",
            ),
        };
        compile.max_config_characters = keys.setting(
            "ac.route.max-config-characters",
            Whole::between(1, MAX_CONFIG_CHARACTERS, "characters"),
            compile.max_config_characters,
            "The longest route config; a longer one is refused, whatever its source.",
        );
        route
    }
}

impl Remote {
    /// Declares the keys of `remote`.
    pub(super) fn declare(keys: &mut Keys, secrets: &Secrets, outbound: &Outbound) -> Self {
        Self {
            connect_timeout: keys.setting(
                "remote.connect-timeout-ms",
                Whole::between(1, 60_000, "milliseconds"),
                Duration::from_secs(3),
                "The time that connecting to a remote source or a callback may take, including TLS.",
            ),
            total_timeout: keys.setting(
                "remote.total-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The time that a call of a remote source or a callback may take, including redirects.",
            ),
            ca_path: keys.optional(
                "remote.ca-path",
                FilePath,
                "The only certificates (PEM) that are trusted for these calls; without it, the\n\
                 platform's roots.",
            ),
            bearer_token_path: keys.optional(
                "remote.bearer-token-path",
                FilePath,
                "The file with the token that is sent as `Authorization: Bearer`. It is read for each\n\
                 request, so that the token can be replaced at any time. Only its owner, and the group\n\
                 of secrets.group, may have access to the file.",
            ),
            secrets: secrets.clone(),
            outbound: outbound.clone(),
        }
    }
}
