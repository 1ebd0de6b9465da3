//! The settings of calls to other servers: the proxies that they go through.

use std::ffi::OsString;
use std::fmt;

use super::declarations::Keys;
use super::error::ValueError;
use super::given::Given;
use super::kind::{Kind, Shown};
use super::proxy_url::ProxyUrl;
use crate::url::UrlError;

const OFF: &str = "off";

/// The proxies of calls to other servers.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// The choice of `outbound.proxy-url`.
    pub proxy: ProxyChoice,
    /// The variables of the environment that name proxies, which count if the choice is theirs.
    pub variables: ProxyVariables,
}

/// The choice of a proxy.
#[derive(Clone, Debug, Default)]
pub enum ProxyChoice {
    /// The variables of the environment decide.
    #[default]
    Environment,
    /// No call goes through a proxy.
    Off,
    /// Every call goes through this proxy, but those to this machine.
    Url(ProxyUrl),
}

/// The variables of the environment that name proxies, and hosts without one.
///
/// `Debug` shows nothing of them, since they may contain passwords.
#[derive(Clone, Default)]
pub struct ProxyVariables(Vec<(&'static str, OsString)>);

/// The names of the variables, in each of the two cases in which programs read them. Of a pair, the first
/// counts if both are set, as in curl.
const VARIABLES: [[&str; 2]; 4] = [
    ["https_proxy", "HTTPS_PROXY"],
    ["http_proxy", "HTTP_PROXY"],
    ["all_proxy", "ALL_PROXY"],
    ["no_proxy", "NO_PROXY"],
];

impl Outbound {
    /// Declares the keys of `outbound`. The proxy variables are taken from `environment`.
    pub(super) fn declare(keys: &mut Keys, environment: &[(OsString, OsString)]) -> Self {
        let proxy = keys.optional(
            "outbound.proxy-url",
            ProxyUrlOrOff,
            "The HTTP proxy of calls to remote sources and callbacks, to the login check, and to the\n\
             upstream of sdkProxy; off: none. Without it, the variables HTTPS_PROXY, HTTP_PROXY,\n\
             ALL_PROXY and NO_PROXY of the environment decide, in upper or lower case. localhost,\n\
             names below it, loopback addresses, 0.0.0.0 and [::] are always called directly. Every call\n\
             is a tunnel (CONNECT) through the proxy. User and password are percent-encoded, and are\n\
             sent to the proxy only.",
        );
        Self {
            proxy: proxy.unwrap_or_default(),
            variables: ProxyVariables::from_environment(environment),
        }
    }
}

impl ProxyVariables {
    /// Takes the variables that name proxies. Variables that are empty count as not set.
    pub(super) fn from_environment(environment: &[(OsString, OsString)]) -> Self {
        let names = VARIABLES.iter().flatten();
        let given = names.filter_map(|name| {
            let mut named = environment.iter().filter(|(variable, _)| variable == name);
            let (_, value) = named.next_back()?;
            (!value.is_empty()).then(|| (*name, value.clone()))
        });
        Self(given.collect())
    }

    /// Returns the variable that counts of those that are called `name` in lower case, with its value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&'static str, &OsString)> {
        let mut named = self.0.iter();
        let (name, value) = named.find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some((name, value))
    }
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The kind of `outbound.proxy-url`.
struct ProxyUrlOrOff;

impl Kind for ProxyUrlOrOff {
    type Value = ProxyChoice;

    const MAY_BE_SECRET: bool = true;

    fn parse(&self, text: &str) -> Option<ProxyChoice> {
        parse(text).ok()
    }

    fn show(&self, choice: &ProxyChoice) -> Shown {
        Shown::Text(match choice {
            ProxyChoice::Environment => String::new(),
            ProxyChoice::Off => OFF.to_owned(),
            ProxyChoice::Url(url) => url.without_credentials(),
        })
    }

    fn read(&self, given: &Given) -> Result<ProxyChoice, ValueError> {
        let Given::Text(text) = given else {
            return Err(ValueError::not(self, given));
        };
        parse(text).map_err(|source| ValueError::UrlNotShown {
            allowed: self.to_string(),
            source,
        })
    }
}

impl fmt::Display for ProxyUrlOrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or off", ProxyUrl::ALLOWED)
    }
}

fn parse(text: &str) -> Result<ProxyChoice, UrlError> {
    match text {
        OFF => Ok(ProxyChoice::Off),
        text => text.parse().map(ProxyChoice::Url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_in_lower_case_counts_before_one_in_upper_case() {
        let environment = [
            ("HTTPS_PROXY", "http://upper"),
            ("https_proxy", "http://lower"),
            ("HTTP_PROXY", "http://u:secret@h"),
            ("all_proxy", ""),
            ("Https_Proxy", "http://mixed"),
            ("NO_PROXY", "h"),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let variables = ProxyVariables::from_environment(&environment);
        let get = |name| {
            variables
                .get(name)
                .map(|(name, value)| (name, value.to_str().unwrap()))
        };
        assert_eq!(get("https_proxy"), Some(("https_proxy", "http://lower")));
        assert_eq!(get("http_proxy"), Some(("HTTP_PROXY", "http://u:secret@h")));
        assert_eq!(get("all_proxy"), None);
        assert_eq!(get("no_proxy"), Some(("NO_PROXY", "h")));
        assert!(!format!("{variables:?}").contains("secret"));
    }
}
