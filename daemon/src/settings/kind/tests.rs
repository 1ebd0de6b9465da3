//! Each kind allows some values, and refuses the rest with a message.

use codeid_engine::InitLevel;

use super::*;
use crate::error_chain::ErrorChain;
use crate::settings::{HttpUrl, KeyVersion, Origin};

/// Returns the value that `kind` reads from `text`, as it is shown; `None` if it is refused.
fn read(kind: &impl Kind, text: &str) -> Option<String> {
    let value = kind.read(&Given::Text(text.to_owned())).ok()?;
    Some(kind.show(&value).to_string())
}

/// Returns the message with its causes.
fn refusal(kind: &impl Kind, given: &Given) -> String {
    match kind.read(given) {
        Ok(_) => panic!("{kind} allows {given}"),
        Err(error) => ErrorChain(&error).to_string(),
    }
}

/// Checks the texts that a kind allows, with how they are shown, and those that it refuses.
fn check(kind: &impl Kind, allowed: &[(&str, &str)], refused: &[&str]) {
    for (text, shown) in allowed {
        assert_eq!(
            read(kind, text).as_deref(),
            Some(*shown),
            "{kind}: {text:?}"
        );
    }
    for text in refused {
        assert_eq!(read(kind, text), None, "{kind}: {text:?}");
    }
}

#[test]
fn sockets_can_be_off() {
    check(
        &Address,
        &[
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:8080", "[::1]:8080"),
            ("off", "off"),
        ],
        &["OFF", "8080", "127.0.0.1:65536", ""],
    );
    let longest = "a".repeat(107);
    check(
        &Socket,
        &[
            ("run/x.sock", "run/x.sock"),
            ("off", "off"),
            (&longest, &longest),
        ],
        &["run/", "a\nb", "", &format!("{longest}a")],
    );
    check(
        &PeerSocket,
        &[("/dev/log", "/dev/log"), ("off", "off")],
        &["/dev/", "a\nb", "", &format!("{longest}a")],
    );
    assert_eq!(
        refusal(&Socket, &Given::Text("run/".to_owned())),
        "must be the path of a socket, 1 to 107 bytes without control characters and not ending in /, \
         or off, not \"run/\""
    );
}

#[test]
fn numbers_are_digits_within_their_bounds() {
    let whole = Whole::<usize>::between(1, 10, "");
    check(
        &whole,
        &[("10", "10"), ("01", "1")],
        &["11", "0", "+1", " 1", "1.0", "99999999999999999999", ""],
    );
    let version = Whole::<KeyVersion>::between(0, 2_147_483_647, "");
    check(&version, &[("2147483647", "2147483647")], &["2147483648"]);
}

#[test]
fn permissions_are_octal() {
    check(
        &Permissions,
        &[("0660", "0660"), ("660", "0660")],
        &["0778", "1777", "+60", "6", ""],
    );
    assert!(Permissions.read(&Given::Integer(0o660)).is_ok());
    assert_eq!(
        refusal(&Permissions, &Given::Integer(0o1777)),
        "must be permissions in octal, 0000 to 0777, not 0o1777"
    );
}

#[test]
fn text_is_bounded_and_has_no_controls() {
    let longest = "a".repeat(MAX_CHARACTERS);
    let too_long = format!("{longest}a");
    check(
        &FilePath,
        &[("a b", "a b"), (&longest, &longest)],
        &["a\nb", "", &too_long],
    );
    check(
        &PathOrUri,
        &[
            ("a b", "a b"),
            ("https://h/x", "https://h/x"),
            ("https://u:p@h.e/x?t", "https://h.e/x"),
        ],
        &["a\nb", ""],
    );
    check(
        &Uri,
        &[
            ("https://h/x", "https://h/x"),
            ("https://u:p@h.e/x?t", "https://h.e/x"),
        ],
        &["a b", "", &too_long],
    );
    check(
        &Text { max: 3 },
        &[("abc", "abc")],
        &["abcd", "\u{e9}", "a b", ""],
    );
    check(
        &OneOf::<InitLevel>::words(),
        &[("LOCAL", "LOCAL")],
        &["local", "NEVER", ""],
    );
    let origin = "https://h.example:8443";
    check(
        &Url::<Origin>::any(),
        &[(origin, origin)],
        &["https://h.example/"],
    );
    check(
        &Url::<HttpUrl>::any(),
        &[("http://h:1/p?q", "http://h:1/p")],
        &["ftp://h/"],
    );
}

#[test]
fn lists_are_arrays_or_have_commas_between_their_names() {
    check(
        &HeaderNames,
        &[("Cookie, X-A", "cookie,x-a")],
        &["cookie,", "a b", ""],
    );
    check(
        &HostNames,
        &[("A.example, b-1", "a.example,b-1")],
        &["a.example:80", "-", ".", "a..b", "127.0.0.1", "[::1]", ""],
    );
    check(
        &HeaderNames,
        &[(&"a".repeat(256), &"a".repeat(256))],
        &[&"a".repeat(257)],
    );
    let list = |names: &[&str]| Given::List(names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(HeaderNames.read(&list(&["Cookie"])).unwrap(), ["cookie"]);
    assert_eq!(
        refusal(&HeaderNames, &list(&["a b"])),
        "must be a list of 1 to 32 names of HTTP headers, of 1 to 256 characters; \"a b\" is not such a \
         name"
    );
    assert_eq!(
        refusal(&HostNames, &list(&["h", "a..b"])),
        "must be a list of 1 to 32 names of hosts, of 1 to 253 letters, digits, - and .; \"a..b\" is \
         not such a name: a label is empty"
    );
    for count in [0, 33] {
        assert_eq!(
            refusal(&HostNames, &list(&vec!["h"; count])),
            format!(
                "must be a list of 1 to 32 names of hosts, of 1 to 253 letters, digits, - and ., not \
                 {count} names"
            )
        );
    }
}

#[test]
fn a_refusal_says_what_is_allowed_and_what_was_given() {
    let whole = Whole::<usize>::between(1, 10, "things");
    for (given, expected) in [
        (Given::Integer(11), "not 11"),
        (Given::Integer(-1), "not -1"),
        (Given::Text("x".to_owned()), "not \"x\""),
        (Given::Text("x".repeat(65)), "not a text of 65 characters"),
        (Given::List(Vec::new()), "not a list"),
        (Given::Boolean(true), "not a value of type boolean"),
    ] {
        let expected = format!("must be a number of things from 1 to 10, {expected}");
        assert_eq!(refusal(&whole, &given), expected);
    }
    assert_eq!(
        refusal(&FilePath, &Given::Integer(5)),
        "must be a path of 1 to 4096 characters without control characters, not the number 5"
    );
    assert_eq!(
        refusal(
            &OneOf::<InitLevel>::words(),
            &Given::Text("NEVER".to_owned())
        ),
        "must be one of REMOTE, LOCAL, PRESET, not \"NEVER\""
    );
}

#[test]
fn a_refusal_does_not_quote_what_may_be_secret() {
    let secret = Given::Text("SECRET of a user".to_owned());
    let url = Given::Text("http://SECRET@h.example/".to_owned());
    for (message, cause) in [
        (
            refusal(&Uri, &secret),
            ": its character number 7 is a space",
        ),
        (
            refusal(&Url::<HttpUrl>::any(), &url),
            ": it names a user, which is not sent",
        ),
    ] {
        let end = format!("(value not shown: it may contain a secret){cause}");
        assert!(message.ends_with(&end), "{message}");
        assert!(!message.contains("SECRET"), "{message}");
    }
}

#[test]
fn a_refusal_of_a_path_or_uri_says_why() {
    for (text, why) in [
        (String::new(), "it is empty"),
        ("x".repeat(4097), "it has 4097 characters"),
        (
            "a b\tc".to_owned(),
            "its character number 4 is a control character",
        ),
    ] {
        let message = refusal(&PathOrUri, &Given::Text(text.clone()));
        assert!(message.ends_with(&format!(": {why}")), "{message}");
        let message = refusal(&Uri, &Given::Text(text));
        assert!(message.ends_with(&format!(": {why}")), "{message}");
    }
}

#[test]
fn a_refusal_quotes_a_url_without_its_secrets() {
    let url = Given::Text("https://user:SECRET@h.example/a?token=SECRET".to_owned());
    for message in [
        refusal(&Url::<Origin>::any(), &url),
        refusal(&OneOf::<InitLevel>::words(), &url),
    ] {
        assert!(message.contains("not \"https://h.example/a\""), "{message}");
    }
}

#[test]
fn a_refusal_of_a_url_says_why() {
    let url = Given::Text("https://-".to_owned());
    assert_eq!(
        refusal(&Url::<Origin>::any(), &url),
        "must be https://HOST or https://HOST:PORT, without a path, not \"https://-\": its host is \
         not valid: a label begins or ends with -"
    );
}
