//! The texts generated from the definition of the command line: completions and manual pages.

use super::run;

const SUBCOMMANDS: [&str; 12] = [
    "serve",
    "admin",
    "top",
    "settings",
    "identify",
    "check",
    "bucket",
    "bench",
    "mock-gateway",
    "schema",
    "completions",
    "man",
];

const ADMIN: [&str; 15] = [
    "status",
    "rules",
    "check",
    "apply",
    "reload",
    "history",
    "rollback",
    "explain",
    "freeze",
    "thaw",
    "forget",
    "drain",
    "undrain",
    "log-level",
    "config",
];

#[test]
fn completions_know_every_subcommand() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(["completions", shell]);
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{shell}");
        for word in SUBCOMMANDS.into_iter().chain(ADMIN).chain([
            "open-id",
            "routes",
            "explain",
            "redis-get",
        ]) {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_has_a_page_for_every_subcommand() {
    let ran = run(["man"]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains(".TH codeid 1"), "{}", ran.stdout);
    for subcommand in SUBCOMMANDS {
        assert!(
            ran.stdout
                .contains(&format!("codeid\\-{}(1)", subcommand.replace('-', "\\-"))),
            "{subcommand}"
        );
        let page = run(["man", subcommand]);
        assert_eq!((page.status, &*page.stderr), (0, ""));
        assert!(
            page.stdout.contains(&format!(".TH codeid-{subcommand} 1")),
            "{}",
            page.stdout
        );
    }
    assert!(run(["man", "identify"]).stdout.contains("open\\-id"));
}

#[test]
fn the_manual_has_a_page_for_every_admin_command() {
    let page = run(["man", "admin"]).stdout;
    for command in ADMIN {
        let name = format!("codeid\\-admin\\-{}(1)", command.replace('-', "\\-"));
        assert!(page.contains(&name), "{command}");
        let page = run(["man", "admin", command]).stdout;
        assert!(
            page.contains(&format!(".TH codeid-admin-{command} 1")),
            "{page}"
        );
        assert!(page.contains("Exit status: 0 on success;"), "{page}");
    }
}
