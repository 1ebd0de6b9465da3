//! Commands about the client and its connection, which most clients send by themselves.

use super::context::{CloseReason, Context, Flow, MAX_EXCERPT_BYTES};
use super::decode::Command;
use super::encode::{Excerpt, Protocol};

/// The version of Redis whose commands and wording these are. Clients conclude from it what a server
/// understands.
pub(super) const REDIS_VERSION: &str = "7.0.15";

/// The most bytes of a client's name.
const MAX_NAME_BYTES: usize = 256;

/// `PING [message]`: replies with the message, or `PONG` without one.
pub(super) fn ping(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    match (command.get(1), command.count()) {
        (None, _) => context.replies.simple("PONG"),
        (Some(message), 2) => context.replies.bulk(message),
        _ => return context.refuse_count("ping"),
    }
    Flow::Continue
}

/// `ECHO message`: replies with the message.
pub(super) fn echo(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    context.replies.bulk(command.get(1).unwrap_or_default());
    Flow::Continue
}

/// `HELLO [2|3 [AUTH user password] [SETNAME name]]`: describes the server, in that version of the
/// protocol.
pub(super) fn hello(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let mut name = None;
    let mut protocol = context.client.protocol;
    if let Some(version) = command.get(1) {
        protocol = match version {
            b"2" => Protocol::Resp2,
            b"3" => Protocol::Resp3,
            number if parse_integer(number).is_some() => {
                context
                    .replies
                    .error("NOPROTO unsupported protocol version");
                return Flow::Continue;
            }
            _ => {
                context
                    .replies
                    .error("ERR Protocol version is not an integer or out of range");
                return Flow::Continue;
            }
        };
    }
    let mut options = command.arguments().skip(2);
    while let Some(option) = options.next() {
        let is = |word: &[u8]| option.eq_ignore_ascii_case(word);
        if is(b"AUTH") && options.next().and_then(|_| options.next()).is_some() {
            continue;
        }
        if is(b"SETNAME") {
            name = options.next();
            if let Some(name) = name {
                if !check_name(context, name) {
                    return Flow::Continue;
                }
                continue;
            }
        }
        context.replies.error(format_args!(
            "ERR Syntax error in HELLO option '{}'",
            Excerpt(option, MAX_EXCERPT_BYTES)
        ));
        return Flow::Continue;
    }
    context.client.protocol = protocol;
    if let Some(name) = name {
        name.clone_into(&mut context.client.name);
    }
    context.replies.set_protocol(protocol);
    describe_server(context);
    Flow::Continue
}

/// `AUTH [user] password`: accepts any password; the permissions of the socket decide who may connect.
pub(super) fn auth(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    if command.count() > 3 {
        context.replies.error("ERR syntax error");
    } else {
        context.replies.simple("OK");
    }
    Flow::Continue
}

/// `SELECT index`: accepts 0, the only database.
pub(super) fn select(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    match command.get(1).and_then(parse_integer) {
        Some(0) => context.replies.simple("OK"),
        Some(_) => context.replies.error("ERR DB index is out of range"),
        None => context
            .replies
            .error("ERR value is not an integer or out of range"),
    }
    Flow::Continue
}

/// `CLIENT SETINFO attribute value`: checks the name or version of a library, and drops it: no command
/// returns it.
pub(super) fn set_info(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let (attribute, value) = (command.get(2), command.get(3));
    let attribute = match attribute.unwrap_or_default() {
        name if name.eq_ignore_ascii_case(b"lib-name") => "lib-name",
        version if version.eq_ignore_ascii_case(b"lib-ver") => "lib-ver",
        other => {
            context.replies.error(format_args!(
                "ERR Unrecognized option '{}'",
                Excerpt(other, MAX_EXCERPT_BYTES)
            ));
            return Flow::Continue;
        }
    };
    if is_one_word(value.unwrap_or_default()) {
        context.replies.simple("OK");
    } else {
        context.replies.error(format_args!(
            "ERR {attribute} cannot contain spaces, newlines or special characters."
        ));
    }
    Flow::Continue
}

/// `CLIENT SETNAME name`: sets the client's name.
pub(super) fn set_name(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let name = command.get(2).unwrap_or_default();
    if check_name(context, name) {
        name.clone_into(&mut context.client.name);
        context.replies.simple("OK");
    }
    Flow::Continue
}

/// `CLIENT GETNAME`: replies with the client's name, or null.
pub(super) fn get_name(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    match context.client.name.as_slice() {
        [] => context.replies.null(),
        name => context.replies.bulk(name),
    }
    Flow::Continue
}

/// `CLIENT ID`: replies with the connection's id.
pub(super) fn get_id(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    context.replies.integer(id(context));
    Flow::Continue
}

/// `RESET`: goes back to RESP2, to no name, and out of a transaction.
pub(super) fn reset(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    context.client.protocol = Protocol::Resp2;
    context.client.name = Vec::new();
    context.client.drop_transaction();
    context.replies.simple("RESET");
    Flow::Continue
}

/// `QUIT`: closes the connection after the reply.
pub(super) fn quit(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    context.replies.simple("OK");
    Flow::Close(CloseReason::Quit)
}

/// Appends the reply to `HELLO`, with the seven members that clients read. `server` is the kind of
/// server whose protocol this is; `INFO` names the program.
fn describe_server(context: &mut Context<'_>) {
    let (id, protocol) = (id(context), context.client.protocol);
    let replies = &mut context.replies;
    replies.map(7);
    replies.bulk("server");
    replies.bulk("redis");
    replies.bulk("version");
    replies.bulk(REDIS_VERSION);
    replies.bulk("proto");
    replies.integer(match protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    });
    replies.bulk("id");
    replies.integer(id);
    replies.bulk("mode");
    replies.bulk("standalone");
    replies.bulk("role");
    replies.bulk("master");
    replies.bulk("modules");
    replies.array(0);
}

/// Returns `true` if a client may have this name; appends an error otherwise.
fn check_name(context: &mut Context<'_>, name: &[u8]) -> bool {
    if name.len() > MAX_NAME_BYTES {
        context.replies.error(format_args!(
            "ERR Client names cannot have more than {MAX_NAME_BYTES} bytes."
        ));
    } else if !is_one_word(name) {
        context
            .replies
            .error("ERR Client names cannot contain spaces, newlines or special characters.");
    } else {
        return true;
    }
    false
}

/// Returns `true` if `text` has only ASCII characters that can be seen; also if it is empty.
fn is_one_word(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

fn parse_integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn id(context: &Context<'_>) -> i64 {
    i64::try_from(context.client.id).unwrap_or(i64::MAX)
}
