//! The description of a command: its name, its arguments, and the functions that run it.

use super::context::{Context, Flow};
use super::decode::Command;

/// The description of a command.
#[derive(Debug)]
pub(super) struct CommandSpec {
    /// The name, in lower case.
    pub(super) name: &'static str,
    /// The number of arguments, the name included, or the least number as a negative one: Redis's
    /// notation.
    pub(super) arity: i32,
    /// The kind of command.
    pub(super) group: Group,
    /// One line for people about what the command does.
    pub(super) summary: &'static str,
    /// The names of the arguments, for people.
    pub(super) arguments: &'static [&'static str],
    /// Runs the command.
    pub(super) run: fn(&mut Context<'_>, &Command<'_>) -> Flow,
    /// Refuses the command, because it has this number of arguments.
    pub(super) refuse: fn(&mut Context<'_>, &Self, usize) -> Flow,
}

/// The kind of a command, as Redis groups them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Group {
    /// Commands about keys and values in Redis; here, those that identify code values.
    Generic,
    /// Commands about the connection.
    Connection,
    /// Commands about the server.
    Server,
}

impl CommandSpec {
    /// Describes a command without the names of its arguments, refused as Redis refuses a wrong number.
    pub(super) const fn new(
        name: &'static str,
        arity: i32,
        group: Group,
        summary: &'static str,
        run: fn(&mut Context<'_>, &Command<'_>) -> Flow,
    ) -> Self {
        Self {
            name,
            arity,
            group,
            summary,
            arguments: &[],
            run,
            refuse: |context, spec, _| context.refuse_count(spec.name),
        }
    }

    /// Returns `true` if the command may have `count` arguments, its name included.
    pub(super) const fn takes(&self, count: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        count == arity || (self.arity < 0 && count > arity)
    }

    /// Returns `true` if `name` is the name of the command, in whatever case.
    pub(super) const fn is_named(&self, name: &[u8]) -> bool {
        self.name.as_bytes().eq_ignore_ascii_case(name)
    }
}

impl Group {
    /// Returns Redis's word for the group.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Connection => "connection",
            Self::Server => "server",
        }
    }

    /// Returns the category of access control in which Redis has the commands of the group.
    pub(super) const fn category(self) -> &'static str {
        match self {
            Self::Connection => "@connection",
            Self::Generic | Self::Server => "@fast",
        }
    }
}
