//! The commands: a table of their descriptions, and how a command finds its own.

use super::command_spec::{CommandSpec, Group, Handler, Refusal, Subcommand};
use super::context::{CloseReason, Context, Flow, MAX_EXCERPT_BYTES};
use super::decode::Command;
use super::encode::Excerpt;
use super::{clients, identify, introspection, transactions};

/// Every command, the most frequent first.
const COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        arguments: &["codeValue", "openId", "[AS JSON]"],
        refuse: |context, _, count| identify::refuse_one(context, count),
        ..CommandSpec::new(
            "identify",
            -3,
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
    CommandSpec {
        subcommands: CLIENT,
        ..CommandSpec::new(
            "client",
            -2,
            Group::Connection,
            "Sets the client's name, or returns it or the client's id",
            |context, _| context.refuse_count("client"),
        )
    },
    CommandSpec {
        is_queued: false,
        ..CommandSpec::new(
            "reset",
            1,
            Group::Connection,
            "Forgets the protocol version, the name of the client and its transaction",
            clients::reset,
        )
    },
    CommandSpec {
        is_queued: false,
        ..CommandSpec::new(
            "quit",
            -1,
            Group::Connection,
            "Closes the connection",
            clients::quit,
        )
    },
    CommandSpec {
        is_queued: false,
        ..CommandSpec::new(
            "multi",
            1,
            Group::Transactions,
            "Queues the commands that follow, up to EXEC",
            transactions::multi,
        )
    },
    CommandSpec {
        is_queued: false,
        refuse: |context, _, _| transactions::refuse_exec(context),
        ..CommandSpec::new(
            "exec",
            1,
            Group::Transactions,
            "Runs the queued commands, all on the table that is live now",
            |context, _| transactions::exec(context, run),
        )
    },
    CommandSpec {
        is_queued: false,
        ..CommandSpec::new(
            "discard",
            1,
            Group::Transactions,
            "Drops the queued commands",
            transactions::discard,
        )
    },
    CommandSpec {
        arguments: &["key"],
        is_queued: false,
        ..CommandSpec::new(
            "watch",
            -2,
            Group::Transactions,
            "Returns OK: there are no keys that could change",
            transactions::watch,
        )
    },
    CommandSpec::new(
        "unwatch",
        1,
        Group::Transactions,
        "Returns OK",
        transactions::unwatch,
    ),
    CommandSpec {
        subcommands: COMMAND,
        ..CommandSpec::new(
            "command",
            -1,
            Group::Server,
            "Returns the arity and the flags of each command",
            |context, _| introspection::list(context, COMMANDS),
        )
    },
    CommandSpec {
        subcommands: CONFIG,
        ..CommandSpec::new(
            "config",
            -2,
            Group::Server,
            "Returns settings that Redis tools read",
            |context, _| context.refuse_count("config"),
        )
    },
    CommandSpec::new(
        "info",
        -1,
        Group::Server,
        "Describes the server and the live table",
        introspection::info,
    ),
];

/// The subcommands of `CLIENT`.
const CLIENT: &[Subcommand] = &[
    Subcommand {
        name: "getname",
        arity: 2,
        arguments: "",
        summary: "Return the name of the connection.",
        run: clients::get_name,
    },
    Subcommand {
        name: "id",
        arity: 2,
        arguments: "",
        summary: "Return the id of the connection.",
        run: clients::get_id,
    },
    Subcommand {
        name: "setinfo",
        arity: 4,
        arguments: "(LIB-NAME|LIB-VER) <value>",
        summary: "Check the name or version of the client's library, and drop it.",
        run: clients::set_info,
    },
    Subcommand {
        name: "setname",
        arity: 3,
        arguments: "<name>",
        summary: "Set the name of the connection.",
        run: clients::set_name,
    },
];

/// The subcommands of `COMMAND`.
const COMMAND: &[Subcommand] = &[
    Subcommand {
        name: "count",
        arity: 2,
        arguments: "",
        summary: "Return the number of commands.",
        run: |context, _| introspection::count(context, COMMANDS),
    },
    Subcommand {
        name: "docs",
        arity: -2,
        arguments: "[<command-name> ...]",
        summary: "Return what these commands do, or what each command does.",
        run: |context, command| introspection::docs(context, command, COMMANDS),
    },
    Subcommand {
        name: "info",
        arity: -2,
        arguments: "[<command-name> ...]",
        summary: "Return the arity and the flags of these commands, or of each command.",
        run: |context, command| introspection::entries(context, command, COMMANDS),
    },
];

/// The subcommands of `CONFIG`.
const CONFIG: &[Subcommand] = &[Subcommand {
    name: "get",
    arity: -3,
    arguments: "<name> [<name> ...]",
    summary: "Return the settings of these names; * stands for each.",
    run: introspection::config_get,
}];

/// Runs one command, or queues it after `MULTI`. An empty command gets no reply.
pub(super) fn run(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let Some(name) = command.get(0) else {
        return Flow::Continue;
    };
    let Some(spec) = COMMANDS.iter().find(|spec| spec.is_named(name)) else {
        if is_http(command, name) {
            return Flow::Close(CloseReason::Http);
        }
        context.client.abort_transaction();
        return refuse_unknown(context, command, name);
    };
    match spec.handler(command) {
        Ok(_) if spec.is_queued && context.client.queue.is_some() => {
            transactions::queue(context, command)
        }
        Ok(Handler::Run(run)) => run(context, command),
        Ok(Handler::Help) => introspection::help(context, spec),
        Err(refusal) => {
            context.client.abort_transaction();
            refuse(context, command, spec, refusal)
        }
    }
}

/// Refuses a command for its arguments.
fn refuse(
    context: &mut Context<'_>,
    command: &Command<'_>,
    spec: &CommandSpec,
    refusal: Refusal,
) -> Flow {
    match refusal {
        Refusal::Count => (spec.refuse)(context, spec, command.count()),
        Refusal::SubcommandCount(subcommand) => {
            context.refuse_count(format_args!("{}|{subcommand}", spec.name))
        }
        Refusal::Subcommand => {
            context.replies.error(format_args!(
                "ERR unknown subcommand '{}'. Try {} HELP.",
                Excerpt(command.get(1).unwrap_or_default(), MAX_EXCERPT_BYTES),
                spec.name.to_ascii_uppercase()
            ));
            Flow::Continue
        }
    }
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
