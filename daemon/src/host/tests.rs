//! Hosts, and texts that are not one.

use super::*;

#[test]
fn a_host_is_an_address_or_a_name() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    let too_long = format!("{longest}a");
    let long_label = format!("{label}a.example");
    for (text, expected) in [
        ("h", Ok(())),
        ("H-1.Example", Ok(())),
        ("h.example.", Ok(())),
        ("1.example", Ok(())),
        ("xn--bcher-kva.example", Ok(())),
        ("127.0.0.1", Ok(())),
        ("[::1]", Ok(())),
        ("[::ffff:192.0.2.7]", Ok(())),
        (&longest, Ok(())),
        (&format!("{longest}."), Ok(())),
        (&too_long, Err(ParseHostError::TooLong)),
        (&long_label, Err(ParseHostError::LongLabel)),
        ("", Err(ParseHostError::Empty)),
        (".", Err(ParseHostError::EmptyLabel)),
        ("..", Err(ParseHostError::EmptyLabel)),
        ("a..b", Err(ParseHostError::EmptyLabel)),
        (".a", Err(ParseHostError::EmptyLabel)),
        ("a..", Err(ParseHostError::EmptyLabel)),
        ("-", Err(ParseHostError::Hyphen)),
        ("-a", Err(ParseHostError::Hyphen)),
        ("a.b-", Err(ParseHostError::Hyphen)),
        ("a_b", Err(ParseHostError::Character)),
        ("a b", Err(ParseHostError::Character)),
        ("::1", Err(ParseHostError::Character)),
        ("b\u{fc}cher.example", Err(ParseHostError::NotAscii)),
        ("256.0.0.1", Err(ParseHostError::Number)),
        ("1.2.3", Err(ParseHostError::Number)),
        ("127.1.", Err(ParseHostError::Number)),
        ("0x7f000001", Err(ParseHostError::Number)),
        ("0X7F.0.0.0x1.", Err(ParseHostError::Number)),
        ("127.0x", Err(ParseHostError::Number)),
        ("0x7g", Ok(())),
        ("0x7f.example", Ok(())),
        ("[:]", Err(ParseHostError::NotIpv6)),
        ("[.]", Err(ParseHostError::NotIpv6)),
        ("[1:2]", Err(ParseHostError::NotIpv6)),
        ("[]", Err(ParseHostError::NotIpv6)),
        ("[::1", Err(ParseHostError::NotIpv6)),
        ("[127.0.0.1]", Err(ParseHostError::NotIpv6)),
    ] {
        assert_eq!(text.parse::<Host>().map(drop), expected, "{text}");
    }
    assert_eq!(
        "H.example".parse::<HostName>().unwrap().as_str(),
        "h.example"
    );
    assert!("[::1]".parse::<HostName>().is_err());
    assert!("127.0.0.1".parse::<HostName>().is_err());
}

#[test]
fn only_localhost_and_its_addresses_are_the_loopback() {
    for (text, expected) in [
        ("LocalHost", true),
        ("localhost.", true),
        ("127.8.9.10", true),
        ("[::1]", true),
        ("[::ffff:127.0.0.1]", true),
        ("0.0.0.0", false),
        ("[::]", false),
        ("localhost.example", false),
        ("x.localhost", false),
    ] {
        let host: Host = text.parse().unwrap();
        assert_eq!(host.is_loopback(), expected, "{text}");
    }
}

#[test]
fn names_below_localhost_and_unspecified_addresses_are_local() {
    for (text, expected) in [
        ("localhost", true),
        ("x.localhost", true),
        ("a.b.LocalHost.", true),
        ("127.0.0.1", true),
        ("0.0.0.0", true),
        ("[::]", true),
        ("[::ffff:0.0.0.0]", true),
        ("xlocalhost", false),
        ("0.0.0.1", false),
        ("localhost.example", false),
        ("192.0.2.7", false),
    ] {
        let host: Host = text.parse().unwrap();
        assert_eq!(host.is_local(), expected, "{text}");
    }
}

#[test]
fn the_header_host_is_the_host_of_a_uri_with_or_without_a_port() {
    for value in [
        "",
        "h",
        "H.example.:8080",
        "h:",
        ":80",
        "my_host",
        "a%20b:1",
        "a+b,c;d",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:8080",
        "[::ffff:192.0.2.7]:",
        "[v1.a:b]",
        "h:00000000000000080",
    ] {
        assert!(is_host_header(value.as_bytes()), "{value}");
    }
    for value in [
        "a b",
        "h:x",
        "h:-1",
        "h:1:2",
        "u@h",
        "h/",
        "h?",
        "h#",
        "h, h/",
        "::1",
        "[::1",
        "[::1]x",
        "[h]",
        "[]",
        "[v.a]",
        "[v1.]",
        "a%2",
        "a%zz",
        "a\\b",
        "\"h\"",
        "h\t",
        "\u{e9}",
        "<h>",
        "[::1%25eth0]",
    ] {
        assert!(!is_host_header(value.as_bytes()), "{value}");
    }
}
