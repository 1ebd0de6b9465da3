//! Commands with which tools examine a server.

use std::fmt::Write;

use codeid_engine::RouteTable;

use super::clients::REDIS_VERSION;
use super::command_spec::CommandSpec;
use super::context::{Context, Flow, Position, WRITE_FIRST_BYTES};
use super::decode::Command;
use super::encode::Encoder;

/// Settings that Redis tools read, with the values that hold here.
const CONFIG: [(&str, &str); 3] = [("save", ""), ("appendonly", "no"), ("databases", "1")];

/// `COMMAND`: replies with an entry for each command.
pub(super) fn list(context: &mut Context<'_>, commands: &[CommandSpec]) -> Flow {
    context.replies.array(commands.len());
    for spec in commands {
        spec.write_entry(&mut context.replies);
    }
    Flow::Continue
}

/// `COMMAND COUNT`: replies with the number of commands.
pub(super) fn count(context: &mut Context<'_>, commands: &[CommandSpec]) -> Flow {
    context.replies.integer(commands.len() as i64);
    Flow::Continue
}

/// `COMMAND INFO [name …]`: replies with the entries of these commands, null for one that does not exist,
/// or with those of all.
///
/// It stops when its slice is over, or there are many replies to be written.
pub(super) fn entries(
    context: &mut Context<'_>,
    command: &Command<'_>,
    commands: &[CommandSpec],
) -> Flow {
    let names = command.count() - 2;
    if names == 0 {
        return list(context, commands);
    }
    let mut position = context.position.unwrap_or_else(|| {
        context.replies.array(names);
        Position::default()
    });
    while position.answered < names {
        let (start, name) = (
            context.replies.position(),
            command.get(position.answered + 2),
        );
        match commands
            .iter()
            .find(|spec| name.is_some_and(|name| spec.is_named(name)))
        {
            Some(spec) => spec.write_entry(&mut context.replies),
            None => context.replies.null(),
        }
        position.answered += 1;
        let written = context.replies.position() - start;
        let is_over = context.slice.spend(written);
        let has_many = context.replies.position() >= WRITE_FIRST_BYTES;
        if (is_over || has_many) && position.answered < names {
            return Flow::Unfinished(position);
        }
    }
    Flow::Continue
}

/// `COMMAND DOCS [name …]`: describes these commands, or all.
pub(super) fn docs(
    context: &mut Context<'_>,
    command: &Command<'_>,
    commands: &[CommandSpec],
) -> Flow {
    let is_asked = |spec: &&CommandSpec| {
        let mut names = command.arguments().skip(2);
        command.count() == 2 || names.any(|name| spec.is_named(name))
    };
    // However many names there are, the reply is short, and the search takes less than a slice.
    let asked: Vec<&CommandSpec> = commands.iter().filter(is_asked).collect();
    context.replies.map(asked.len());
    for spec in asked {
        spec.write_docs(&mut context.replies);
    }
    Flow::Continue
}

/// `container HELP`: replies with the subcommands, two lines for each, as Redis does.
pub(super) fn help(context: &mut Context<'_>, spec: &CommandSpec) -> Flow {
    let name = spec.name.to_ascii_uppercase();
    let mut lines = vec![format!(
        "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    )];
    if spec.arity == -1 {
        lines.push("(no subcommand)".to_owned());
        lines.push(format!("    {}.", spec.summary));
    }
    for subcommand in spec.subcommands {
        let words = format!(
            "{} {}",
            subcommand.name.to_ascii_uppercase(),
            subcommand.arguments
        );
        lines.push(words.trim_end().to_owned());
        lines.push(format!("    {}", subcommand.summary));
    }
    lines.push("HELP".to_owned());
    lines.push("    Print this help.".to_owned());
    context.replies.array(lines.len());
    for line in &lines {
        context.replies.simple(line);
    }
    Flow::Continue
}

/// `CONFIG GET name …`: replies with those settings of [`CONFIG`] that are named, or all for `*`.
pub(super) fn config_get(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let is_asked = |(name, _): &&(&str, &str)| {
        let mut names = command.arguments().skip(2);
        names.any(|asked| asked == b"*" || name.as_bytes().eq_ignore_ascii_case(asked))
    };
    context.replies.map(CONFIG.iter().filter(is_asked).count());
    for (name, value) in CONFIG.iter().filter(is_asked) {
        context.replies.bulk(name);
        context.replies.bulk(value);
    }
    Flow::Continue
}

/// `INFO [section …]`: replies with lines of `name:value`, as tools read them.
pub(super) fn info(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let table = context.table;
    let generation = table.map_or(0, |table| table.generation().get());
    let sections = [
        (
            "Server",
            vec![
                ("redis_version", REDIS_VERSION.to_owned()),
                ("redis_mode", "standalone".to_owned()),
                ("codeid_version", env!("CARGO_PKG_VERSION").to_owned()),
                ("process_id", std::process::id().to_string()),
            ],
        ),
        ("Persistence", vec![("loading", "0".to_owned())]),
        ("Replication", vec![("role", "master".to_owned())]),
        (
            "Codeid",
            vec![
                ("generation", generation.to_string()),
                ("version", table.map_or("", RouteTable::version).to_owned()),
                ("rules", table.map_or(0, RouteTable::rule_count).to_string()),
            ],
        ),
    ];
    let mut text = String::new();
    for (name, lines) in sections {
        let is_asked = |asked: &[u8]| {
            let words = ["all", "default", "everything", name];
            words
                .iter()
                .any(|word| word.as_bytes().eq_ignore_ascii_case(asked))
        };
        if command.count() > 1 && !command.arguments().skip(1).any(is_asked) {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        write!(text, "# {name}\r\n").expect("a string takes any text");
        for (name, value) in lines {
            write!(text, "{name}:{value}\r\n").expect("a string takes any text");
        }
    }
    context.replies.verbatim(&text);
    Flow::Continue
}

impl CommandSpec {
    /// Appends the ten members that Redis 7 has for a command. These commands have no keys.
    fn write_entry(&self, replies: &mut Encoder<'_>) {
        replies.array(10);
        replies.bulk(self.name);
        replies.integer(i64::from(self.arity));
        replies.array(2);
        replies.simple("readonly");
        replies.simple("fast");
        for _ in ["first key", "last key", "step"] {
            replies.integer(0);
        }
        replies.array(1);
        replies.simple(self.group.category());
        for _ in ["tips", "key specifications", "subcommands"] {
            replies.array(0);
        }
    }

    /// Appends the two elements of the reply to `COMMAND DOCS` that describe the command.
    fn write_docs(&self, replies: &mut Encoder<'_>) {
        let has_arguments = !self.arguments.is_empty();
        replies.bulk(self.name);
        replies.map(3 + usize::from(has_arguments));
        replies.bulk("summary");
        replies.bulk(self.summary);
        replies.bulk("since");
        replies.bulk("1.0.0");
        replies.bulk("group");
        replies.bulk(self.group.word());
        if has_arguments {
            replies.bulk("arguments");
            replies.array(self.arguments.len());
            for name in self.arguments {
                replies.map(2);
                replies.bulk("name");
                replies.bulk(name);
                replies.bulk("type");
                replies.bulk("string");
            }
        }
    }
}
