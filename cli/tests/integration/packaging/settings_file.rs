//! `/etc/codeid/codeid.toml` as it is installed.

use std::collections::HashMap;
use std::process::Command;

use serde_json::Value;

use super::packaged;

/// Returns each setting's value and the layer that set it, with a settings file of this content.
fn settings(file: &str) -> HashMap<String, (Value, String)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("codeid.toml");
    std::fs::write(&path, file).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_codeid"))
        .args(["settings", "--json", "--config"])
        .arg(&path)
        .env_clear()
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{stderr}");
    let settings: Vec<Value> = serde_json::from_slice(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let setting = |setting: &Value| {
        let value = (setting["value"].clone(), text(&setting["source"]));
        (text(&setting["key"]), value)
    };
    settings.iter().map(setting).collect()
}

#[test]
fn each_setting_of_the_installed_file_exists() {
    let file = std::fs::read_to_string(packaged("codeid.toml")).unwrap();
    let set = settings(&file);
    let set = set.values().filter(|(_, source)| source != "default");
    let lines = file.lines().filter(|line| line.contains(" = "));
    assert_eq!(
        set.count(),
        lines.filter(|line| !line.starts_with('#')).count()
    );

    let suggested = file.lines().map(|line| match line.strip_prefix("# ") {
        Some(line) if line.contains(" = ") => line,
        _ => line,
    });
    settings(&suggested.collect::<Vec<_>>().join("\n"));
}

#[test]
fn each_path_of_the_installed_file_is_below_a_directory_of_the_unit() {
    let file = std::fs::read_to_string(packaged("codeid.toml")).unwrap();
    let unit = std::fs::read_to_string(packaged("codeid.service")).unwrap();
    for directory in ["StateDirectory=codeid", "RuntimeDirectory=codeid"] {
        assert!(unit.lines().any(|line| line == directory), "{directory}");
    }
    for (key, (value, _)) in settings(&file) {
        let Some(value) = value.as_str() else {
            continue;
        };
        assert!(
            !value.contains('/')
                || ["/var/lib/codeid/", "/run/codeid/"]
                    .iter()
                    .any(|directory| value.starts_with(directory)),
            "{key} = {value}"
        );
    }
}
