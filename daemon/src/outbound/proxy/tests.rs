//! The choice of a proxy by settings and variables.

use super::*;
use crate::error_chain::ErrorChain;
use crate::settings::{Settings, Sources};

/// Returns the proxy for `url` by this setting and these variables: `None`, or by what and which.
fn chosen(
    url: &str,
    setting: Option<&str>,
    variables: &[(&str, &str)],
) -> Result<Option<String>, String> {
    let set = setting.map(|value| (KEY.to_owned(), value.to_owned()));
    let variables = variables.iter();
    let settings = Settings::read(&Sources {
        environment: variables
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        set: set.into_iter().collect(),
        ..Sources::default()
    })
    .map_err(|error| ErrorChain(&error).to_string())?;
    choose(&url.parse().unwrap(), &settings.remote.outbound)
        .map(|chosen| chosen.map(|(by, proxy)| format!("{by}={}", proxy.without_credentials())))
        .map_err(|error| ErrorChain(&error).to_string())
}

#[test]
fn the_setting_comes_before_the_variables_and_the_loopback_before_both() {
    let all = [
        ("HTTPS_PROXY", "http://https.example:1"),
        ("http_proxy", "http.example:2"),
        ("ALL_PROXY", "https://all.example"),
        ("NO_PROXY", "direct.example, 192.0.2.0/24"),
    ];
    let some = |text: &str| Ok(Some(text.to_owned()));
    for (url, setting, variables, expected) in [
        ("https://h.example/", None, &all[..0], Ok(None)),
        (
            "https://h.example/",
            None,
            &all[..],
            some("HTTPS_PROXY=http://https.example:1"),
        ),
        (
            "http://h.example/",
            None,
            &all[..],
            some("http_proxy=http://http.example:2"),
        ),
        ("http://h.example/", None, &all[..1], Ok(None)),
        (
            "http://h.example/",
            None,
            &all[2..],
            some("ALL_PROXY=https://all.example:443"),
        ),
        ("https://a.direct.example./", None, &all[..], Ok(None)),
        ("https://192.0.2.7/", None, &all[..], Ok(None)),
        (
            "https://192.0.3.7/",
            None,
            &all[..],
            some("HTTPS_PROXY=http://https.example:1"),
        ),
        ("https://h.example/", Some("off"), &all[..], Ok(None)),
        (
            "https://direct.example/",
            Some("http://u:p@s.example:3"),
            &all[..],
            some("outbound.proxy-url=http://s.example:3"),
        ),
        (
            "https://localhost/",
            Some("http://s.example:3"),
            &all[..],
            Ok(None),
        ),
        (
            "https://127.1.2.3/",
            Some("http://s.example:3"),
            &all[..],
            Ok(None),
        ),
        ("http://[::1]:80/", None, &all[..], Ok(None)),
        (
            "http://[2001:db8::1]/",
            Some("http://s.example:3"),
            &all[..],
            some("outbound.proxy-url=http://s.example:3"),
        ),
    ] {
        assert_eq!(
            chosen(url, setting, variables),
            expected,
            "{url} {setting:?} {variables:?}"
        );
    }
}

#[test]
fn a_value_that_names_no_proxy_is_an_error_only_where_it_counts() {
    let socks = [("all_proxy", "socks5://u:hunter2@h:1080")];
    assert_eq!(chosen("https://localhost/", None, &socks), Ok(None));
    assert_eq!(chosen("https://h.example/", Some("off"), &socks), Ok(None));
    let error = chosen("https://h.example/", None, &socks).unwrap_err();
    assert!(
        error.starts_with("all_proxy must be http://HOST:PORT or"),
        "{error}"
    );
    assert!(error.ends_with("it is not an http or https URL"), "{error}");
    let bad = chosen("https://h.example/", Some("http://u:hunter2@h:x"), &[]).unwrap_err();
    assert!(
        bad.starts_with("--set: outbound.proxy-url must be http://"),
        "{bad}"
    );
    assert!(!error.contains("hunter2") && !bad.contains("hunter2"));
}

#[test]
fn no_proxy_has_names_domains_addresses_and_networks() {
    for (host, hosts, expected) in [
        ("h.example", "*", true),
        ("192.0.2.7", "a.example,*", true),
        ("h.example", "example", true),
        ("h.example", ".example", true),
        ("H.Example", "h.eXample", true),
        ("nothing.example", "thing.example", false),
        ("h.example", "a.example b.example\th.example", true),
        ("10.1.2.3", "10.0.0.0/8", true),
        ("10.1.2.3", "10.1.2.3", true),
        ("11.1.2.3", "10.0.0.0/8", false),
        ("[2001:db8::7]", "2001:db8::/32", true),
        ("h.example", "", false),
        ("h.example", ",,", false),
        ("h.example", "*.example", false),
        ("h.example", "h.example.", true),
    ] {
        assert_eq!(is_exempt(host, hosts), expected, "{host} {hosts}");
    }
    let hosts = "*.example,h.example:80 http://h,[::1] * .example,10.0.0.0/8,2001:db8::/32,::1,h,10.0.0.0/33,::/129";
    let unusable: Vec<_> = entries(hosts)
        .filter(|entry| matches_nothing(entry))
        .collect();
    let expected = [
        "*.example",
        "h.example:80",
        "http://h",
        "[::1]",
        "10.0.0.0/33",
        "::/129",
    ];
    assert_eq!(unusable, expected);
}
