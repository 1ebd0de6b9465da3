//! `codeid completions`: prints the shell completions of the command line.

use std::io::Write;
use std::process::ExitCode;

use clap_complete::Shell;

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
        if self.shell == Shell::Bash {
            script.extend_from_slice(BASH_WITHOUT_SPACE.as_bytes());
        }
        output::run(|stdout| {
            stdout.write_all(&script)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
