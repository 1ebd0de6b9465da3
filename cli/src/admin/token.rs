//! `codeid admin token`: a new token for `admin.http`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use codeid_daemon::NewToken;
use codeid_daemon::api::role::Role;
use serde::Serialize;

use crate::output::{Failure, Stdout};

/// The command line of `codeid admin token`.
#[derive(Debug, clap::Args)]
pub(super) struct MakeToken {
    /// The name under which the audit log records the token's holder
    name: String,
    /// The role of the holder; each includes those before it
    #[arg(value_parser = role_parser())]
    role: Role,
}

#[derive(Serialize)]
struct Printed<'a> {
    token: &'a str,
    line: &'a str,
}

impl MakeToken {
    /// Prints a new token, and its line for the file of tokens.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the name cannot be that of a token, or standard output cannot be written.
    pub(super) fn run(&self, json: bool, stdout: &mut Stdout) -> Result<ExitCode, Failure> {
        let new = NewToken::generate(&self.name, self.role).map_err(Failure::other)?;
        if json {
            let printed = Printed {
                token: new.token(),
                line: new.line(),
            };
            serde_json::to_writer(&mut *stdout, &printed).map_err(io::Error::from)?;
            writeln!(stdout)?;
        } else {
            writeln!(stdout, "token: {}", new.token())?;
            writeln!(stdout, "line for admin.tokens-path: {}", new.line())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns a parser for the names of roles.
fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::OF_TOKENS.map(Role::name)).map(|name| {
        let mut roles = Role::OF_TOKENS.into_iter();
        let named = roles.find(|role| role.name() == name);
        named.expect("the parser accepts only names of roles")
    })
}
