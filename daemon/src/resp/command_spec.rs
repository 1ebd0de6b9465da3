//! The description of a command: its name, its arguments, and the functions that run it.

use super::context::{Context, Flow};
use super::decode::Command;

/// Runs a command, and appends its one reply.
pub(super) type Run = fn(&mut Context<'_>, &Command<'_>) -> Flow;

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
    /// The subcommands beside `HELP`, if the command is a container of some.
    pub(super) subcommands: &'static [Subcommand],
    /// `true` if `MULTI` queues the command.
    pub(super) is_queued: bool,
    /// Runs the command, if it has no subcommand.
    pub(super) run: Run,
    /// Refuses the command, because it has this number of arguments.
    pub(super) refuse: fn(&mut Context<'_>, &Self, usize) -> Flow,
}

/// The description of a subcommand.
#[derive(Debug)]
pub(super) struct Subcommand {
    /// The name, in lower case.
    pub(super) name: &'static str,
    /// As for a command, the names of both included.
    pub(super) arity: i32,
    /// The arguments, as `HELP` shows them.
    pub(super) arguments: &'static str,
    /// One line for people about what the subcommand does.
    pub(super) summary: &'static str,
    /// The function that carries it out.
    pub(super) run: Run,
}

/// The task of a command that has its arguments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    /// Run this function.
    Run(Run),
    /// Describe the subcommands.
    Help,
}

/// The reason for which a command is refused before it is run, or queued.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// The number of arguments of the command.
    Count,
    /// The number of arguments of this subcommand.
    SubcommandCount(&'static str),
    /// There is no such subcommand.
    Subcommand,
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
    /// Commands about transactions.
    Transactions,
}

impl CommandSpec {
    /// Describes a command without the names of its arguments, refused as Redis refuses a wrong number.
    pub(super) const fn new(
        name: &'static str,
        arity: i32,
        group: Group,
        summary: &'static str,
        run: Run,
    ) -> Self {
        Self {
            name,
            arity,
            group,
            summary,
            arguments: &[],
            subcommands: &[],
            is_queued: true,
            run,
            refuse: |context, spec, _| context.refuse_count(spec.name),
        }
    }

    /// Returns what a command of this name is to do.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it does not have the arguments that it must have.
    pub(super) fn handler(&self, command: &Command<'_>) -> Result<Handler, Refusal> {
        let count = command.count();
        if !takes(self.arity, count) {
            return Err(Refusal::Count);
        }
        let word = match command.get(1) {
            Some(word) if !self.subcommands.is_empty() => word,
            _ => return Ok(Handler::Run(self.run)),
        };
        if word.eq_ignore_ascii_case(b"help") {
            return match count {
                2 => Ok(Handler::Help),
                _ => Err(Refusal::SubcommandCount("help")),
            };
        }
        let is_named =
            |subcommand: &&Subcommand| word.eq_ignore_ascii_case(subcommand.name.as_bytes());
        match self.subcommands.iter().find(is_named) {
            Some(subcommand) if takes(subcommand.arity, count) => Ok(Handler::Run(subcommand.run)),
            Some(subcommand) => Err(Refusal::SubcommandCount(subcommand.name)),
            None => Err(Refusal::Subcommand),
        }
    }

    /// Returns `true` if `name` is the name of the command, in whatever case.
    pub(super) const fn is_named(&self, name: &[u8]) -> bool {
        self.name.as_bytes().eq_ignore_ascii_case(name)
    }
}

/// Returns `true` if a command of this arity may have `count` arguments, its names included.
const fn takes(arity: i32, count: usize) -> bool {
    let least = arity.unsigned_abs() as usize;
    count == least || (arity < 0 && count > least)
}

impl Group {
    /// Returns Redis's word for the group.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Transactions => "transactions",
        }
    }

    /// Returns the category of access control in which Redis has the commands of the group.
    pub(super) const fn category(self) -> &'static str {
        match self {
            Self::Connection => "@connection",
            Self::Transactions => "@transaction",
            Self::Generic | Self::Server => "@fast",
        }
    }
}
