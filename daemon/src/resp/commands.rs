//! Every command there is: its name, its arguments, and who answers it.

use codeid_engine::{RouteTable, Scratch};

use super::decode::Command;
use super::encode::{Encoder, Protocol, Sent};
use super::session::Closing;
use super::{clients, identify, introspection};
use crate::metrics::{RequestResult, Tally};

/// How much of what was sent an error shows, as Redis does.
pub(super) const SHOWN_BYTES: usize = 128;

/// What a command may read and change.
pub(super) struct Run<'a> {
    /// `None`: no table is loaded.
    pub(super) table: Option<&'a RouteTable>,
    pub(super) scratch: &'a mut Scratch,
    pub(super) replies: Encoder<'a>,
    pub(super) client: &'a mut Client,
    pub(super) tally: &'a mut Tally,
}

/// What is remembered of one client beside its bytes.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: u64,
    pub(super) protocol: Protocol,
    /// Empty: none was set.
    pub(super) name: Vec<u8>,
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    GoOn,
    Close(Closing),
}

/// One command.
#[derive(Debug)]
pub(super) struct Known {
    /// In lower case.
    pub(super) name: &'static str,
    /// How many arguments it has, the name included; if negative, at least so many. As Redis tells
    /// it.
    pub(super) arity: i32,
    /// Redis's word for its kind.
    pub(super) group: &'static str,
    /// What it does, in one line for people.
    pub(super) summary: &'static str,
    /// The names of its arguments, for people.
    pub(super) arguments: &'static [&'static str],
    run: fn(&mut Run<'_>, &Command<'_>) -> After,
}

/// The commands, the most frequent first.
pub(super) const COMMANDS: &[Known] = &[
    Known {
        name: "identify",
        arity: 3,
        group: "generic",
        summary: "Tells what is to be done with a code value",
        arguments: &["codeValue", "openId"],
        run: identify::one,
    },
    Known {
        name: "midentify",
        arity: -3,
        group: "generic",
        summary: "Tells what is to be done with each of several code values",
        arguments: &["codeValue", "openId"],
        run: identify::several,
    },
    known(
        "ping",
        -1,
        "connection",
        "Answers PONG, or what it is given",
        clients::ping,
    ),
    known(
        "echo",
        2,
        "connection",
        "Answers what it is given",
        clients::echo,
    ),
    known(
        "hello",
        -1,
        "connection",
        "Chooses the version of the protocol",
        clients::hello,
    ),
    known(
        "auth",
        -2,
        "connection",
        "Answers OK: the socket's permissions decide",
        clients::auth,
    ),
    known(
        "select",
        2,
        "connection",
        "Answers OK to 0, the only database",
        clients::select,
    ),
    known(
        "client",
        -2,
        "connection",
        "SETINFO, SETNAME, GETNAME and ID",
        clients::client,
    ),
    known(
        "reset",
        1,
        "connection",
        "Begins the conversation anew",
        clients::reset,
    ),
    known(
        "quit",
        -1,
        "connection",
        "Closes the connection",
        clients::quit,
    ),
    known(
        "command",
        -1,
        "server",
        "Lists the commands, or COUNT or DOCS",
        introspection::command,
    ),
    known(
        "config",
        -2,
        "server",
        "GET: settings that tools of Redis ask for",
        introspection::config,
    ),
    known(
        "info",
        -1,
        "server",
        "Tells about the server, and which table serves",
        introspection::info,
    ),
];

/// Answers one command; nothing is none.
pub(super) fn run(run: &mut Run<'_>, command: &Command<'_>) -> After {
    let Some(name) = command.get(0) else {
        return After::GoOn;
    };
    let known = COMMANDS
        .iter()
        .find(|known| known.name.as_bytes().eq_ignore_ascii_case(name));
    match known {
        Some(known) if known.takes(command.count()) => (known.run)(run, command),
        Some(known) if known.name == "identify" && command.count() < 3 => {
            identify::missing(run, command.count())
        }
        Some(known) => wrong_count(run, known.name),
        None if is_http(command, name) => After::Close(Closing::Http),
        None => unknown(run, command, name),
    }
}

/// Refuses a command, or `container|subcommand`, by the number of its arguments.
pub(super) fn wrong_count(run: &mut Run<'_>, name: &str) -> After {
    if matches!(name, "identify" | "midentify") {
        run.tally.count_request(RequestResult::ParamIllegal);
    }
    run.replies.error(format_args!(
        "ERR wrong number of arguments for '{name}' command"
    ));
    After::GoOn
}

/// Refuses what follows the name of a command that is several.
pub(super) fn unknown_subcommand(run: &mut Run<'_>, container: &str, subcommand: &[u8]) -> After {
    run.replies.error(format_args!(
        "ERR unknown subcommand '{}'. Try {container} HELP.",
        Sent(subcommand, SHOWN_BYTES)
    ));
    After::GoOn
}

const fn known(
    name: &'static str,
    arity: i32,
    group: &'static str,
    summary: &'static str,
    run: fn(&mut Run<'_>, &Command<'_>) -> After,
) -> Known {
    Known {
        name,
        arity,
        group,
        summary,
        arguments: &[],
        run,
    }
}

/// In Redis's words, which clients know.
fn unknown(run: &mut Run<'_>, command: &Command<'_>, name: &[u8]) -> After {
    let mut shown = String::new();
    for argument in command.arguments().skip(1) {
        if shown.len() >= SHOWN_BYTES {
            break;
        }
        let argument = Sent(argument, SHOWN_BYTES - shown.len());
        shown.push_str(&format!("'{argument}' "));
    }
    run.replies.error(format_args!(
        "ERR unknown command '{}', with args beginning with: {shown}",
        Sent(name, SHOWN_BYTES)
    ));
    After::GoOn
}

/// Whether a line is one of an HTTP request. A page in a browser can be made to send one here, with
/// commands in its body: nothing after it may be answered.
fn is_http(command: &Command<'_>, name: &[u8]) -> bool {
    if !command.is_inline() {
        return false;
    }
    let is_request_line = command
        .get(2)
        .is_some_and(|version| version.starts_with(b"HTTP/"));
    is_request_line || name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

impl Known {
    fn takes(&self, count: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        count == arity || (self.arity < 0 && count > arity)
    }
}

impl Client {
    pub(super) const fn new(id: u64) -> Self {
        Self {
            id,
            protocol: Protocol::Resp2,
            name: Vec::new(),
        }
    }

    pub(super) const fn protocol(&self) -> Protocol {
        self.protocol
    }
}
