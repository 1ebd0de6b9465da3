//! Names, addresses, URLs and paths that are parsed, and those that are refused.

use codeid_daemon::error_chain::ErrorChain;

use super::*;

#[test]
fn a_name_comes_before_the_target() {
    let named: Named<HttpUrl> = "codeid=http://127.0.0.1:8080/x?a=b".parse().unwrap();
    assert_eq!(named.name.as_deref(), Some("codeid"));
    assert_eq!(named.value.path, "/x?a=b");
    let named: Named<HttpUrl> = "http://127.0.0.1/x?a=b".parse().unwrap();
    assert_eq!(named.name, None);
    assert_eq!(
        named.value.address(),
        Address::Tcp("127.0.0.1:80".to_owned())
    );
    let named: Named<PathBuf> = "./a=b".parse().unwrap();
    assert_eq!((named.name, named.value), (None, PathBuf::from("./a=b")));
    for (bad, message) in [
        (
            "=x".to_owned(),
            "the name before = must have 1 to 40 characters but has 0",
        ),
        (
            format!("{}=x", "é".repeat(41)),
            "the name before = must have 1 to 40 characters but has 41",
        ),
        (
            "a\tb=x".to_owned(),
            "the name before = must have no control characters but has '\\t'",
        ),
        ("x=".to_owned(), "an address to connect to is missing"),
    ] {
        let error = bad.parse::<Named<PathBuf>>().unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_address_is_a_path_unless_it_has_a_port() {
    let tcp = |text: &str| matches!(text.parse(), Ok(Address::Tcp(_)));
    assert!(tcp("127.0.0.1:6379") && tcp("localhost:6379") && tcp("[::1]:6379"));
    for bad in [
        ":8080",
        "-:8080",
        "[:]:8080",
        "::1:8080",
        "localhost:0",
        "h:65536",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
    assert!(!tcp("run/redis.sock") && !tcp("redis.sock") && !tcp("/a:1") && !tcp("a:b"));
}

#[test]
fn an_invalid_host_is_refused_with_the_reason() {
    let error = "a=http://a b/".parse::<Named<HttpUrl>>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid host: it has a character other than letters, digits, - and ."
    );
    assert_eq!(ErrorChain(&error).to_string(), error.to_string());
}

#[test]
fn a_bad_port_is_refused_with_its_text() {
    let error = "localhost:65536".parse::<Address>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the port must be a number from 1 to 65535, not \"65536\""
    );
}

#[test]
fn a_path_is_visible_ascii_from_a_slash_on() {
    let path: RequestPath = "/v1/x?a=b".parse().unwrap();
    assert_eq!(path.as_str(), "/v1/x?a=b");
    for (bad, reason) in [
        ("", ParsePathError::Relative),
        ("v1", ParsePathError::Relative),
        ("/a b", ParsePathError::Character(' ')),
        ("/a#b", ParsePathError::Character('#')),
        ("/\u{e9}", ParsePathError::Character('\u{e9}')),
        ("/a\r\nX: y", ParsePathError::Character('\r')),
    ] {
        assert_eq!(bad.parse::<RequestPath>(), Err(reason), "{bad}");
    }
}

#[test]
fn bad_urls_are_refused() {
    for bad in [
        "https://127.0.0.1/",
        "127.0.0.1:8080",
        "http://",
        "http:///x",
        "http://user@host/",
        "http://host/a b",
        "http://host/#x",
        "http://host/\u{e9}",
        "http://host:99999999/",
        "http://host:0/",
        "http://host:/",
        "http://[:]/",
        "http://-/",
        "http://../",
    ] {
        assert!(bad.parse::<HttpUrl>().is_err(), "{bad}");
    }
    assert!("http://[::1]:8080/{code}".parse::<HttpUrl>().is_ok());
}
