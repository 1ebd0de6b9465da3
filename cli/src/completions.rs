//! `codeid completions`: prints the shell completions of the command line.

use std::io::Write;
use std::process::ExitCode;

use clap_complete::Shell;
use codeid_daemon::settings::Settings;

use super::output;

/// The end of bash's script: a setting is completed up to its `=`, after which the value follows without a
/// space.
const BASH_WITHOUT_SPACE: &str = r#"
_codeid_without_space() {
    _codeid "$@"
    if [[ "${COMPREPLY[0]-}" == *= ]]; then
        compopt -o nospace
    fi
}
complete -F _codeid_without_space -o nosort -o bashdefault -o default codeid
"#;

/// The beginning of PowerShell's script, after which the completion of settings is inserted: the library
/// completes no values there.
const POWERSHELL_BEGIN: &str = "    param($wordToComplete, $commandAst, $cursorPosition)\n";

/// The command line of `codeid completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct PrintCompletions {
    /// The shell
    shell: Shell,
}

impl PrintCompletions {
    /// Writes the completions of `command`, the whole command line.
    pub(crate) fn run(self, mut command: clap::Command) -> ExitCode {
        // The generator panics if its output is closed, so it writes to memory.
        let mut script = Vec::new();
        let name = command.get_name().to_owned();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        let mut script = String::from_utf8(script).expect("the command line is text");
        match self.shell {
            Shell::Bash => script += BASH_WITHOUT_SPACE,
            Shell::Elvish => script += &elvish_settings(),
            Shell::PowerShell => {
                let begin = format!("{POWERSHELL_BEGIN}{}", powershell_settings());
                script = script.replacen(POWERSHELL_BEGIN, &begin, 1);
            }
            _ => {}
        }
        output::run(|stdout| {
            stdout.write_all(script.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Returns the end of elvish's script, which completes settings and leaves the rest to the library's
/// completer.
fn elvish_settings() -> String {
    let keys = settings().join(" ");
    format!(
        r#"
var codeid-completer~ = $edit:completion:arg-completer[codeid]
set edit:completion:arg-completer[codeid] = {{|@words|
    if (and (> (count $words) 2) (eq $words[-2] --set)) {{
        for key [{keys}] {{
            edit:complex-candidate $key
        }}
    }} else {{
        codeid-completer $@words
    }}
}}
"#
    )
}

/// Returns the part of PowerShell's script that completes settings.
fn powershell_settings() -> String {
    let keys = settings().join(", ");
    format!(
        r#"
    $before = @($commandAst.CommandElements | Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }})
    if ($before[-1].Extent.Text -eq '--set') {{
        return @({keys}) | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
            [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)
        }}
    }}
"#
    )
}

/// Returns the beginnings of all settings, up to the `=`, each in single quotation marks.
fn settings() -> Vec<String> {
    let keys = Settings::keys().into_iter();
    keys.map(|key| format!("'{key}='")).collect()
}
