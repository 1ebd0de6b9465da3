//! The commands: a table of their descriptions, and how a command finds its own.

use super::command_spec::{CommandSpec, Group};
use super::context::{CloseReason, Context, Flow, MAX_EXCERPT_BYTES};
use super::decode::Command;
use super::encode::Excerpt;
use super::{clients, identify, introspection};

/// Every command, the most frequent first.
const COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        arguments: &["codeValue", "openId"],
        refuse: |context, _, count| identify::refuse_one(context, count),
        ..CommandSpec::new(
            "identify",
            3,
            Group::Generic,
            "Returns what to do with a code value",
            identify::one,
        )
    },
    CommandSpec {
        arguments: &["codeValue", "openId"],
        refuse: |context, _, _| identify::refuse_several(context),
        ..CommandSpec::new(
            "midentify",
            -3,
            Group::Generic,
            "Returns what to do with each of several code values",
            identify::several,
        )
    },
    CommandSpec::new(
        "ping",
        -1,
        Group::Connection,
        "Returns PONG, or its argument",
        clients::ping,
    ),
    CommandSpec::new(
        "echo",
        2,
        Group::Connection,
        "Returns its argument",
        clients::echo,
    ),
    CommandSpec::new(
        "hello",
        -1,
        Group::Connection,
        "Chooses the version of the protocol",
        clients::hello,
    ),
    CommandSpec::new(
        "auth",
        -2,
        Group::Connection,
        "Returns OK: the permissions of the socket decide",
        clients::auth,
    ),
    CommandSpec::new(
        "select",
        2,
        Group::Connection,
        "Returns OK for 0, the only database",
        clients::select,
    ),
    CommandSpec::new(
        "client",
        -2,
        Group::Connection,
        "SETINFO, SETNAME, GETNAME and ID",
        clients::client,
    ),
    CommandSpec::new(
        "reset",
        1,
        Group::Connection,
        "Forgets the protocol version and the name of the client",
        clients::reset,
    ),
    CommandSpec::new(
        "quit",
        -1,
        Group::Connection,
        "Closes the connection",
        clients::quit,
    ),
    CommandSpec::new(
        "command",
        -1,
        Group::Server,
        "Lists the commands; COUNT counts and DOCS describes them",
        command,
    ),
    CommandSpec::new(
        "config",
        -2,
        Group::Server,
        "GET: settings that Redis tools read",
        introspection::config,
    ),
    CommandSpec::new(
        "info",
        -1,
        Group::Server,
        "Describes the server and the live table",
        introspection::info,
    ),
];

/// Runs one command. An empty command gets no reply.
pub(super) fn run(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let Some(name) = command.get(0) else {
        return Flow::Continue;
    };
    match COMMANDS.iter().find(|spec| spec.is_named(name)) {
        Some(spec) if spec.takes(command.count()) => (spec.run)(context, command),
        Some(spec) => (spec.refuse)(context, spec, command.count()),
        None if is_http(command, name) => Flow::Close(CloseReason::Http),
        None => refuse_unknown(context, command, name),
    }
}

fn command(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    introspection::command(context, command, COMMANDS)
}

/// Refuses a command that does not exist, in Redis's words, which clients know.
fn refuse_unknown(context: &mut Context<'_>, command: &Command<'_>, name: &[u8]) -> Flow {
    let mut shown = String::new();
    for argument in command.arguments().skip(1) {
        if shown.len() >= MAX_EXCERPT_BYTES {
            break;
        }
        let argument = Excerpt(argument, MAX_EXCERPT_BYTES - shown.len());
        shown.push_str(&format!("'{argument}' "));
    }
    context.replies.error(format_args!(
        "ERR unknown command '{}', with args beginning with: {shown}",
        Excerpt(name, MAX_EXCERPT_BYTES)
    ));
    Flow::Continue
}

/// Returns `true` if a line is one of an HTTP request. A page in a browser can be made to send one
/// here, with commands in its body: nothing after it may be answered.
fn is_http(command: &Command<'_>, name: &[u8]) -> bool {
    if !command.is_inline() {
        return false;
    }
    let is_request_line = command
        .get(2)
        .is_some_and(|version| version.starts_with(b"HTTP/"));
    is_request_line || name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}
