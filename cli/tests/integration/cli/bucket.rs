//! `codeid bucket`.

use super::run;

#[test]
fn shows_the_bucket() {
    let ran = run(["bucket", "gr1", "123"]);
    assert_eq!(
        (ran.status, &*ran.stdout),
        (0, "72.11 % (bucket 7211 of 0 to 9999)\n")
    );
    let ran = run(["bucket", "gr1", "123", "--json"]);
    let expected = "{\"group\":\"gr1\",\"bucket\":7211,\"percent\":72.11}\n";
    assert_eq!((ran.status, &*ran.stdout), (0, expected));
}

#[test]
fn a_bad_parameter_exits_1() {
    let long = "é".repeat(257);
    for (group, open_id, message) in [
        ("g", "ab", "openId must have 3 to 256 characters but has 2"),
        (
            "g",
            long.as_str(),
            "openId must have 3 to 256 characters but has 257",
        ),
        (
            "",
            "user",
            "a group must have 1 to 256 characters but has 0",
        ),
        (
            long.as_str(),
            "user",
            "a group must have 1 to 256 characters but has 257",
        ),
    ] {
        let ran = run(["bucket", group, open_id]);
        assert_eq!((ran.status, &*ran.stdout), (1, ""));
        assert_eq!(ran.stderr, format!("error: {message}\n"));
    }
    assert_eq!(run(["bucket", &long[2..], &long[2..]]).status, 0);
}
