//! What clients send about themselves and their connection, most of it without being asked to.

use super::commands::{After, Run, SHOWN_BYTES, unknown_subcommand, wrong_count};
use super::decode::Command;
use super::encode::{Protocol, Sent};
use super::session::Closing;

/// Whose commands and wording we follow. Clients take a server's version for what it understands.
pub(super) const REDIS_VERSION: &str = "7.0.15";

/// The most bytes of a client's name.
const MAX_NAME_BYTES: usize = 256;

pub(super) fn ping(run: &mut Run<'_>, command: &Command<'_>) -> After {
    match (command.get(1), command.count()) {
        (None, _) => run.replies.simple("PONG"),
        (Some(message), 2) => run.replies.bulk(message),
        _ => return wrong_count(run, "ping"),
    }
    After::GoOn
}

pub(super) fn echo(run: &mut Run<'_>, command: &Command<'_>) -> After {
    run.replies.bulk(command.get(1).unwrap_or_default());
    After::GoOn
}

/// `HELLO [2|3 [AUTH user password] [SETNAME name]]`: who we are, in the version asked for.
pub(super) fn hello(run: &mut Run<'_>, command: &Command<'_>) -> After {
    let mut name = None;
    let mut protocol = run.client.protocol;
    if let Some(version) = command.get(1) {
        protocol = match version {
            b"2" => Protocol::Resp2,
            b"3" => Protocol::Resp3,
            number if parse_integer(number).is_some() => {
                run.replies.error("NOPROTO unsupported protocol version");
                return After::GoOn;
            }
            _ => {
                run.replies
                    .error("ERR Protocol version is not an integer or out of range");
                return After::GoOn;
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
                if !check_name(run, name) {
                    return After::GoOn;
                }
                continue;
            }
        }
        run.replies.error(format_args!(
            "ERR Syntax error in HELLO option '{}'",
            Sent(option, SHOWN_BYTES)
        ));
        return After::GoOn;
    }
    run.client.protocol = protocol;
    if let Some(name) = name {
        name.clone_into(&mut run.client.name);
    }
    run.replies.speak(protocol);
    tell_who_we_are(run);
    After::GoOn
}

/// There are no users and no passwords: whoever may open the socket may ask.
pub(super) fn auth(run: &mut Run<'_>, command: &Command<'_>) -> After {
    if command.count() > 3 {
        run.replies.error("ERR syntax error");
    } else {
        run.replies.simple("OK");
    }
    After::GoOn
}

pub(super) fn select(run: &mut Run<'_>, command: &Command<'_>) -> After {
    match command.get(1).and_then(parse_integer) {
        Some(0) => run.replies.simple("OK"),
        Some(_) => run.replies.error("ERR DB index is out of range"),
        None => run
            .replies
            .error("ERR value is not an integer or out of range"),
    }
    After::GoOn
}

pub(super) fn client(run: &mut Run<'_>, command: &Command<'_>) -> After {
    let subcommand = command.get(1).unwrap_or_default();
    let is = |word: &[u8]| subcommand.eq_ignore_ascii_case(word);
    let count = command.count();
    if is(b"SETINFO") {
        match (command.get(2), command.get(3), count) {
            (Some(attribute), Some(value), 4) => set_info(run, attribute, value),
            _ => return wrong_count(run, "client|setinfo"),
        }
    } else if is(b"SETNAME") {
        let (Some(name), 3) = (command.get(2), count) else {
            return wrong_count(run, "client|setname");
        };
        if check_name(run, name) {
            name.clone_into(&mut run.client.name);
            run.replies.simple("OK");
        }
    } else if is(b"GETNAME") {
        match (run.client.name.is_empty(), count) {
            (true, 2) => run.replies.null(),
            (false, 2) => run.replies.bulk(&run.client.name),
            _ => return wrong_count(run, "client|getname"),
        }
    } else if is(b"ID") {
        if count != 2 {
            return wrong_count(run, "client|id");
        }
        run.replies.integer(id(run));
    } else {
        return unknown_subcommand(run, "CLIENT", subcommand);
    }
    After::GoOn
}

/// Forgets what the client said of itself.
pub(super) fn reset(run: &mut Run<'_>, _: &Command<'_>) -> After {
    run.client.protocol = Protocol::Resp2;
    run.client.name = Vec::new();
    run.replies.simple("RESET");
    After::GoOn
}

pub(super) fn quit(run: &mut Run<'_>, _: &Command<'_>) -> After {
    run.replies.simple("OK");
    After::Close(Closing::Quit)
}

/// The seven members that Redis answers `HELLO` with, which clients read. `server` is the kind of
/// server whose protocol this is; `INFO` tells the program.
fn tell_who_we_are(run: &mut Run<'_>) {
    let (id, protocol) = (id(run), run.client.protocol);
    let replies = &mut run.replies;
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

/// A library's name or version. Checked, and not kept: nothing tells it.
fn set_info(run: &mut Run<'_>, attribute: &[u8], value: &[u8]) {
    let attribute = match attribute {
        name if name.eq_ignore_ascii_case(b"lib-name") => "lib-name",
        version if version.eq_ignore_ascii_case(b"lib-ver") => "lib-ver",
        other => {
            return run.replies.error(format_args!(
                "ERR Unrecognized option '{}'",
                Sent(other, SHOWN_BYTES)
            ));
        }
    };
    if is_one_word(value) {
        run.replies.simple("OK");
    } else {
        run.replies.error(format_args!(
            "ERR {attribute} cannot contain spaces, newlines or special characters."
        ));
    }
}

/// Tells whether a client may have this name; if not, so does the reply.
fn check_name(run: &mut Run<'_>, name: &[u8]) -> bool {
    if name.len() > MAX_NAME_BYTES {
        run.replies.error(format_args!(
            "ERR Client names cannot have more than {MAX_NAME_BYTES} bytes."
        ));
    } else if !is_one_word(name) {
        run.replies
            .error("ERR Client names cannot contain spaces, newlines or special characters.");
    } else {
        return true;
    }
    false
}

fn is_one_word(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

fn parse_integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn id(run: &Run<'_>) -> i64 {
    i64::try_from(run.client.id).unwrap_or(i64::MAX)
}
