//! A Java virtual machine that answers what java.util.regex makes of patterns and texts.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The version of Java from which on the differences to 21 are known.
const LEAST_VERSION: u32 = 17;

/// `Oracle.java`, compiled, in a directory that is removed with it.
pub(crate) struct Oracle {
    directory: PathBuf,
}

impl Oracle {
    /// Compiles the program.
    pub(crate) fn compile() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("java-oracle-{}-{number}", std::process::id());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).expect("the target directory can be written to");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/java/Oracle.java");
        let output = Command::new("javac")
            .args(["--release", "8", "-Xlint:-options", "-d"])
            .arg(&directory)
            .arg(source)
            .output()
            .expect("javac can be run: install a JDK, such as Debian's openjdk-17-jdk-headless");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "javac: {errors}");
        Self { directory }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // What is left behind lies in the target directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A running virtual machine.
pub(crate) struct Jvm {
    process: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    /// The version of the language, such as 17.
    pub(crate) version: u32,
}

/// Java's answer for a pattern.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is not a pattern, for this reason.
    Rejected(String),
    /// Reading it overflows the stack.
    Overflow,
    Accepted {
        groups: usize,
        /// The answer for each text.
        texts: Vec<TextAnswer>,
    },
}

#[derive(Debug)]
pub(crate) struct TextAnswer {
    /// `true` if the text has a code point that this version of Java does not know.
    pub(crate) unassigned: bool,
    /// `true` if the text has a mark that combines with the character before it.
    pub(crate) combining: bool,
    pub(crate) result: MatchResult,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MatchResult {
    NoMatch,
    /// The groups that were asked for: those with numbers, from 1 on, and those with names.
    Match(Vec<Group>),
    Overflow,
    TooSlow,
    /// A defect of Java: it accepts the pattern and throws this exception when it matches the text.
    Exception(String),
}

/// A group of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Text(String),
    /// It took no part in the match.
    Absent,
    /// The pattern has no group of the name.
    Unknown,
}

/// A pattern about which Java is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) pattern: &'a str,
    /// The names of groups that the pattern may have.
    pub(crate) names: &'a [String],
    pub(crate) texts: &'a [String],
}

impl Jvm {
    /// Starts `java`, or the program that `JAVA_PROGRAM` names.
    pub(crate) fn start(oracle: &Oracle) -> Self {
        let program = std::env::var_os("JAVA_PROGRAM").unwrap_or_else(|| "java".into());
        let mut process = Command::new(&program)
            .args([
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
            ])
            .arg(&oracle.directory)
            .arg("Oracle")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let input = process.stdin.take().map(BufWriter::new);
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output
            .read_line(&mut line)
            .expect("Java writes its version");
        let version = line.trim().trim_start_matches("1.").parse();
        let version = version.unwrap_or_else(|_| panic!("a version of Java: {line:?}"));
        writeln!(
            std::io::stderr(),
            "Java {version}, at least {LEAST_VERSION}"
        )
        .expect("standard error can be written to");
        assert!(version >= LEAST_VERSION, "Java {version} is too old");
        Self {
            process,
            input,
            output,
            version,
        }
    }

    /// Asks `questions`. The answers come from as many calls of [`Self::answer`].
    pub(crate) fn ask<'q>(&mut self, questions: impl Iterator<Item = Question<'q>>) {
        let mut line = String::new();
        let input = self.input.as_mut().expect("it is open until the end");
        for question in questions {
            line.clear();
            push_hex(question.pattern, &mut line);
            line.push('\t');
            push_hex(&question.names.join(","), &mut line);
            for text in question.texts {
                line.push('\t');
                push_hex(text, &mut line);
            }
            line.push('\n');
            input.write_all(line.as_bytes()).expect("Java reads");
        }
        input.write_all(b"\n").expect("Java reads");
        input.flush().expect("Java reads");
    }

    /// Reads the answer to the next question.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).expect("Java writes");
        assert!(read > 0, "Java has ended; see its message above");
        let mut fields = line.trim_end().split('\t');
        let head = fields.next().expect("a split has a first part");
        let (kind, rest) = head.split_at(1);
        match kind {
            "R" => Answer::Rejected(from_hex(rest)),
            "O" => Answer::Overflow,
            "A" => Answer::Accepted {
                groups: rest.parse().expect("a number of groups"),
                texts: fields.map(text_answer).collect(),
            },
            _ => panic!("an answer of Oracle.java: {line:?}"),
        }
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        self.input = None;
        // It ends by itself at the end of its input; that it could not be waited for changes nothing.
        let _ = self.process.wait();
    }
}

fn text_answer(field: &str) -> TextAnswer {
    let unassigned = field.starts_with('u');
    let combining = field.trim_start_matches('u').starts_with('m');
    let mut parts = field.trim_start_matches(['u', 'm']).split(',');
    let result = match parts.next() {
        Some("0") => MatchResult::NoMatch,
        Some("O") => MatchResult::Overflow,
        Some("T") => MatchResult::TooSlow,
        Some("1") => {
            let group = |part| match part {
                "-" => Group::Absent,
                "!" => Group::Unknown,
                hex => Group::Text(from_hex(hex)),
            };
            MatchResult::Match(parts.map(group).collect())
        }
        Some(part) if part.starts_with('E') => MatchResult::Exception(from_hex(&part[1..])),
        _ => panic!("an answer of Oracle.java: {field:?}"),
    };
    TextAnswer {
        unassigned,
        combining,
        result,
    }
}

fn push_hex(text: &str, out: &mut String) {
    for byte in text.bytes() {
        write!(out, "{byte:02x}").expect("writing to a string cannot fail");
    }
}

fn from_hex(hex: &str) -> String {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|i| digit(2 * i)).collect();
    String::from_utf8(bytes).expect("UTF-8")
}
