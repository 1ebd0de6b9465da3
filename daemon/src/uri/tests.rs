//! URIs and paths as they are shown.

use super::*;

#[test]
fn no_user_password_query_or_fragment_is_shown() {
    let table = [
        ("https://h.example/routes", "https://h.example/routes"),
        ("https://u:p@h.example:8443/r", "https://h.example:8443/r"),
        ("https://u@p@h.example", "https://h.example"),
        ("https://h.example/r?sig=s#f", "https://h.example/r"),
        ("https://h.example#s", "https://h.example"),
        ("https://[::1]:8443/r?s", "https://[::1]:8443/r"),
        ("callback+https://u:p@h/spi?k=v", "callback+https://h/spi"),
        ("store://my_bucket/r?s", "store://my_bucket/r"),
        (
            "file:///etc/codeid/routes@1.json",
            "file:///etc/codeid/routes@1.json",
        ),
        (
            "file:///etc/routes.json?s",
            "file:///etc/routes.json?(hidden)",
        ),
        ("file:///u:p@h", "file://(hidden)"),
        ("file://u:p@h/r", "file://h/r"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn a_path_is_shown_as_it_is() {
    for text in [
        "data/routes.json",
        "/srv/a@b/routes.json",
        "./a@b",
        "../a@b",
        "/data//routes.json",
        "C:/routes.json",
        "/srv/100%/routes.json",
        "/srv/a%40b/routes.json",
        "a b",
        "127.0.0.1:8080",
        "[::1]:8080",
        "http",
        "",
    ] {
        assert_eq!(shown(text), text);
        assert_eq!(shown_path(text).to_string(), text);
    }
    assert_eq!(format!("{:>4}", shown_path("a")), "   a");
}

#[test]
fn the_path_of_a_file_that_was_opened_is_shown_in_full() {
    for text in ["routes@1.json", "a:b@c", "a?b#c", "https:x", "a%40b"] {
        assert_eq!(opened_path(text).to_string(), text);
        assert_ne!(shown_path(text).to_string(), text);
    }
    assert_eq!(format!("{:>4}", opened_path("a")), "   a");
    let url = "https://u:p@h/r?t/routes.json";
    assert_eq!(opened_path(url).to_string(), shown(url));
}

#[test]
fn no_half_of_a_password_is_shown_that_should_have_been_encoded() {
    for text in [
        "https://u:p?q@h.example/r",
        "https://u:p#q@h.example/r",
        "https://u:p/q@h.example/r",
        "https://u:/p@h.example/r",
        "https://u:p@q/r@h.example",
        "https://u:1234?q@h.example/r",
        "https://h.example?sig=s@x/y",
        "https://u:1234/x@h.example/r",
        "https://dG9r/ZW4=@h.example/r",
        "https://se.kret/sekret@h/r",
        "https://[::1]/a@b",
        "https:///u:p@h.example/r",
        "https://u:p%40h.example/r",
        "https://u:p",
    ] {
        assert_eq!(shown(text), "https://(hidden)", "{text}");
    }
    for text in [
        "https:/u:p@h.example/r",
        "https:/h.example/r?token=s",
        "callback+https:h.example?token=s",
        r"https:\\h.example\r?token=s",
        "https//u:p@h.example/r",
        "//u:p@h.example/r",
        "///u:p@h.example/r",
        "u:p@h.example/r",
        "token@h.example/r",
        "u:p%40h.example/r",
        "u%3Ap%40h.example/r",
        "//u:p%40h.example/r",
        "/data/https:/u:p@h.example/r",
        "/data/https://token@h.example/r",
        "./u:p?q@h",
    ] {
        assert_eq!(shown(text), HIDDEN, "{text}");
    }
}

#[test]
fn no_query_is_shown_of_a_url_without_a_scheme() {
    for (text, expected) in [
        ("//h/r?token=s", "//h/r?(hidden)"),
        ("h.example/r?token=s", "h.example/r?(hidden)"),
        ("https//h/r?token=s", "https//h/r?(hidden)"),
        ("h/r#s?", "h/r#(hidden)"),
        ("/a://b?c", "/a://b?(hidden)"),
        ("?s", "?(hidden)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn a_name_is_shown_unless_a_url_may_have_been_cut_there() {
    for name in ["listen.htp", "CODEID_LISTEN__HTP", "a-b_c"] {
        assert_eq!(shown_name(name), name);
    }
    let long = "a".repeat(129);
    for name in [
        "https://u:p",
        "u:p",
        "h/r?token",
        "//h",
        "a@b",
        "a b",
        &long,
    ] {
        assert_eq!(shown_name(name), HIDDEN, "{name}");
    }
}

#[test]
fn a_path_has_no_scheme() {
    for (text, expected) in [
        ("HTTPS://h", Some("https")),
        ("callback+http://h", Some("callback+http")),
        ("data/routes.json", None),
        ("./a://b", None),
        ("://b", None),
        ("1a://b", None),
        ("redis:x", None),
    ] {
        assert_eq!(scheme(text).as_deref(), expected, "{text}");
    }
}
