//! Queries: status, rules, check, history, explain, config.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::{admin, assert_has, changed, following, json, printed, refused, words};
use crate::cli::{Ran, codeid};
use crate::rules::remote::wait_until;
use crate::serve::daemon::{Daemon, Plan, RULES};

#[test]
fn the_status_is_shown_as_text_and_as_json() {
    let (daemon, file) = following(RULES);
    wait_until("the config to be saved", || {
        daemon.status()["save"]["lastGoodAt"].as_u64()
    });
    let status = printed(&daemon, &["status"]);
    let file = file.display().to_string();
    assert_has(
        &words(&status),
        &[
            &format!(
                "daemon codeid {}, process {}, up ",
                env!("CARGO_PKG_VERSION"),
                daemon.pid()
            ),
            "health Healthy: the daemon is ready, and no problem is known.\n",
            "ready yes\n",
            "table generation 1, version test-7, 3 rules\n",
            &format!("from REMOTE file://{file}\n"),
            "freeze none\n",
            "next pull in ",
            "saved yes, 20",
            &format!("listener http 127.0.0.1:{}\n", daemon.port),
            "listener unix codeid.sock\n",
            "log level info\n",
            "SOURCE LAST CHECK OUTCOME LAST GOOD URI\n",
        ],
    );
    let mut given = json(&daemon, &["status"]);
    let mut expected = daemon.status();
    for status in [&mut given, &mut expected] {
        // These change between two requests.
        status["daemon"]["uptimeMs"].take();
        status["staleness"].take();
    }
    assert_eq!(given, expected);
}

#[test]
fn nothing_is_shown_as_saved_before_the_first_save() {
    let status = printed(&Daemon::start(), &["status"]);
    assert_has(&words(&status), &["saved nothing since the start\n"]);
}

#[test]
fn the_socket_is_that_of_the_settings_or_of_the_option() {
    let daemon = Plan::new().set("admin.unix=elsewhere.sock").start();
    refused(&daemon, 3, &["status"]);
    printed(&daemon, &["status", "--set", "admin.unix=elsewhere.sock"]);
    printed(&daemon, &["--socket", "elsewhere.sock", "status"]);
    daemon
        .directory
        .write("settings.toml", "[admin]\nunix = \"elsewhere.sock\"\n");
    printed(&daemon, &["status", "--config", "settings.toml"]);
    let mut command = codeid(["admin", "status"]);
    command
        .current_dir(daemon.directory.path())
        .env("CODEID_ADMIN__UNIX", "elsewhere.sock");
    assert_eq!(Ran::from(command.output().unwrap()).status, 0);
}

#[test]
fn rules_are_shown_with_their_counts() {
    let daemon = Plan::with_rules(changed("v1", "0")).start();
    let mut client = daemon.unix();
    for (code, times) in [("28100004X", 1), ("28100104X", 3)] {
        for _ in 0..times {
            assert_eq!(client.identify(code, "user-42").status, 200);
        }
    }
    assert_eq!(client.identify("28100104X", "user-43").status, 200);
    let rules = words(&printed(&daemon, &["rules"]));
    let expected = "generation 1, version v1, 3 rules\n\n\
        POSITION RULE DECIDED REFUSED ACTION CANARY MATCH\n\
        1 carve-out 1 0 UNSUPPORTED - prefix 2810000\n\
        2 order 3 1 DECODE 0 % and 1 listed regex 281\\d{3}04.+\n\
        3 page 0 0 OPEN_URL - url {\"host\":\"qr.example.com\"}\n";
    assert_eq!(rules, expected);
    let hottest = words(&printed(
        &daemon,
        &["rules", "--by", "decided", "--limit", "1"],
    ));
    assert_has(&hottest, &["3 rules, 1 shown\n", "\n2 order 3 1 "]);
    assert!(!hottest.contains("carve-out"), "{hottest}");
    let refusing = words(&printed(&daemon, &["rules", "--by", "refused"]));
    assert!(
        refusing.find("order") < refusing.find("carve-out"),
        "{refusing}"
    );
    let document = json(&daemon, &["rules"]);
    assert_eq!(document, daemon.admin("GET", "/v1/rules").json());
    assert_eq!(document["rules"][1]["decided"], 3);
}

#[test]
fn a_candidate_is_compared_with_the_live_config() {
    let daemon = Daemon::start();
    daemon.directory.write("same.json", RULES);
    assert_has(
        &printed(&daemon, &["check", "same.json"]),
        &[
            "no rule changes: 3 rules as in the live config\n",
            "same.json: good: version test-7, 3 rules, 0 errors, 0 warnings;",
        ],
    );
    let trimming = RULES.replace("\"version\"", "\"trim\": true, \"version\"");
    daemon.directory.write("trimming.json", trimming);
    assert_has(
        &printed(&daemon, &["check", "trimming.json"]),
        &[
            "trim changes, which concerns every rule: false to true\n",
            "no rule changes: 3 rules as in the live config\n",
        ],
    );
    let checked = json(&daemon, &["check", "trimming.json"]);
    let change = &checked["changes"]["trim"];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&false.into(), &true.into())
    );
    assert_eq!(
        json(&daemon, &["check", "same.json"])["changes"]["trim"],
        Value::Null
    );
    daemon
        .directory
        .write("changed.json", changed("v2", "12.5"));
    let output = printed(&daemon, &["check", "changed.json", "--deny-warnings"]);
    assert_has(
        &output,
        &[
            "against the live config:\n  ~ order changed\n",
            "      + canary {\"allowlist\":[\"user-42\"],\"percentage\":12.5}\n",
            "  2 rules unchanged\n",
        ],
    );
    // A live rule that the candidate lacks is a change, which may be deployed like any other.
    let fewer = RULES
        .replace("page", "new-page")
        .replace("test-7", "v\u{202e}3");
    daemon.directory.write("fewer.json", fewer);
    let output = printed(&daemon, &["check", "fewer.json", "--deny-warnings"]);
    assert_has(
        &output,
        &[
            "  + new-page added: url {\"host\":\"qr.example.com\"} → OPEN_URL\n",
            "  - page removed: url ",
            "version v\\u{202e}3, 3 rules, 0 errors, 0 warnings;",
        ],
    );
    let checked = json(&daemon, &["check", "fewer.json"]);
    assert_eq!(
        (&checked["ok"], &checked["changes"]["removed"][0]),
        (&Value::Bool(true), &"page".into())
    );
    assert_eq!(daemon.status()["table"]["generation"], 1);
}

#[test]
fn a_problem_is_shown_with_its_line() {
    let daemon = Daemon::start();
    let bad = RULES
        .replace("281\\\\d", "28(1\\\\d")
        .replace("\"page\"", "\"order\"");
    daemon.directory.write("bad.json", &bad);
    let ran = refused(&daemon, 1, &["check", "bad.json"]);
    assert_has(
        &ran.stdout,
        &[
            "error: not a valid pattern: unclosed group\n --> bad.json:3:43\n",
            "  |                                           ^\n",
            "in rule order, at /rules/1/match/regex",
            "error: duplicate id order in line 4, already used by rule 2 in line 3\n",
            "bad.json: refused: 2 errors, 0 warnings\n",
        ],
    );
    assert_eq!(ran.stderr, "");
    let ran = refused(&daemon, 1, &["check", "bad.json", "--json"]);
    let checked: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(checked["problems"].as_array().unwrap().len(), 2);
    // From standard input, and not UTF-8.
    let mut command = codeid(["admin", "check", "-"]);
    let mut child = command
        .current_dir(daemon.directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"{\"format\": \"\xff\"}")
        .unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.status, 1);
    assert_has(&ran.stdout, &["<stdin>", "refused"]);
}

#[test]
fn a_code_value_is_explained() {
    let daemon = Plan::with_rules(changed("v1", "0")).start();
    let explained = words(&printed(
        &daemon,
        &["explain", "28100104X", "--open-id", "user-42"],
    ));
    let expected = "supported yes\naction DECODE\ncodeValue 28100104X\nrule order\ngeneration 1\n\n\
        The rules that accept this code value, in order:\nPOSITION RULE PART CANARY\n\
        2 order decides on the allowlist\n";
    assert_eq!(explained, expected);
    let explained = printed(&daemon, &["explain", "28100104X", "--open-id", "user-43"]);
    assert_has(
        &words(&explained),
        &["supported no\nrule none\n", "order refuses bucket "],
    );
    assert_has(
        &explained,
        &[" % is not below 0.00 %, and not on the allowlist\n"],
    );
    let explained = printed(&daemon, &["explain", "nothing", "--open-id", "user-43"]);
    assert_has(&explained, &["No rule accepts this code value.\n"]);
    let document = json(&daemon, &["explain", "28100104X", "--open-id", "user-42"]);
    assert_eq!(document["explanation"][0]["reason"], "allowlisted");
    let ran = refused(&daemon, 1, &["explain", "28100104X", "--open-id", "u"]);
    assert_eq!(
        ran.stderr,
        "error: openId must have 3 to 256 characters but has 1\n"
    );
    let ran = refused(
        &daemon,
        1,
        &["explain", "28100104X", "--open-id", "u", "--json"],
    );
    let refusal: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(refusal["error"], "malformed");
}

#[test]
fn configs_are_printed_byte_for_byte() {
    let daemon = Daemon::start();
    assert_eq!(printed(&daemon, &["config"]), RULES);
    // Bytes that the colour filter would remove are printed.
    let described = "\"id\": \"page\", \"description\": \"\u{9b}31m\u{7f}\"";
    let odd = RULES
        .replace("test-7", "odd")
        .replace('\n', "\r\n\t")
        .replace("\"id\": \"page\"", described);
    daemon.directory.write("odd.json", &odd);
    printed(&daemon, &["apply", "odd.json"]);
    assert_eq!(printed(&daemon, &["config"]), odd);
    assert_eq!(printed(&daemon, &["config", "--generation", "1"]), RULES);
    let ran = refused(&daemon, 1, &["config", "--generation", "9"]);
    assert_has(
        &ran.stderr,
        &["error: the history does not hold generation 9"],
    );
    let history = words(&printed(&daemon, &["history"]));
    assert_has(
        &history,
        &[
            "GENERATION LIVE VERSION RULES CHANGES LOADED BY SHA256 FROM\n",
            "2 yes odd 3 1 changed ",
            " LOCAL applied by uid ",
            "\n1 test-7 3 - ",
        ],
    );
    let history = json(&daemon, &["history"]);
    assert_eq!(history["entries"][0]["live"], true);
    assert_eq!(admin(&daemon, &["history", "9"]).status, 2);
}

#[test]
fn the_status_says_what_to_do_about_each_problem() {
    let daemon = Daemon::start();
    printed(&daemon, &["freeze", "--reason", "the remote is down"]);
    let status = words(&printed(&daemon, &["status"]));
    assert_has(
        &status,
        &[
            "health Healthy, and the rules are frozen.\n",
            "\ninfo: The rules are frozen since 20",
            ": no source is read. The reason: the remote is down.\n",
            "\nWhen the sources should decide again, thaw the rules: codeid admin thaw.\n",
        ],
    );
}

#[test]
fn connections_beyond_the_limit_are_in_the_status() {
    // Each listener has one connection.
    let daemon = Plan::new().set("http.max-connections=3").start();
    let mut served = daemon.tcp();
    assert_eq!(served.bare("GET", "/livez").status, 200);
    for _ in 0..2 {
        assert_eq!(daemon.tcp().bare("GET", "/livez").status, 503);
    }
    let status = printed(&daemon, &["status"]);
    assert_has(&status, &["http 1 open, 2 refused\n"]);
    let document = json(&daemon, &["status"]);
    assert_eq!(document["daemon"]["connections"]["http"]["refused"], 2);
}
