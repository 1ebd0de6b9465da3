//! The texts generated from the definition of the command line: completions and manual pages.

use std::process::Command;

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

#[test]
fn one_command_writes_every_page() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man/man1");
    let ran = run(["man".as_ref(), "--all".as_ref(), pages.as_os_str()]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let written = std::fs::read_dir(&pages).unwrap().count();
    assert_eq!(
        ran.stdout,
        format!("{written} pages in {}\n", pages.display())
    );
    let names = SUBCOMMANDS.into_iter().map(str::to_owned);
    let names = names.chain(ADMIN.into_iter().map(|command| format!("admin {command}")));
    for name in names {
        let words: Vec<&str> = name.split(' ').collect();
        let file = format!("codeid-{}.1", words.join("-"));
        let page = std::fs::read_to_string(pages.join(&file)).unwrap();
        assert_eq!(page, run([&["man"], &*words].concat()).stdout, "{file}");
    }
    assert!(pages.join("codeid.1").exists() && !pages.join("codeid-help.1").exists());
    let occupied = directory.path().join("file");
    std::fs::write(&occupied, "").unwrap();
    let ran = run(["man".as_ref(), "--all".as_ref(), occupied.as_os_str()]);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("file cannot be written: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_keys_of_set_are_completed() {
    let settings: serde_json::Value =
        serde_json::from_str(&run(["settings", "--json"]).stdout).unwrap();
    let keys = settings.as_array().unwrap().iter();
    let keys: Vec<&str> = keys
        .map(|setting| setting["key"].as_str().unwrap())
        .collect();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(["completions", shell]).stdout;
        for key in &keys {
            assert!(script.contains(key), "{shell}: {key}");
        }
    }
    let complete = r#"
        compopt() { echo "compopt $*"; }
        COMP_WORDS=(codeid serve --set listen.unix-) COMP_CWORD=3
        _codeid_without_space codeid listen.unix- --set
        echo "${COMPREPLY[*]}""#;
    let script = run(["completions", "bash"]).stdout + complete;
    let bash = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(
        String::from_utf8(bash.stdout).unwrap(),
        "compopt -o nospace\nlisten.unix-mode= listen.unix-group=\n"
    );
    // In the help they would hide everything else.
    assert!(
        !run(["serve", "--help"])
            .stdout
            .contains("listen.unix-group")
    );
}
