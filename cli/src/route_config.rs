//! A route config given on the command line: read, parsed and compiled, with every problem found.

use std::io::{self, Read};
use std::path::Path;

use codeid_daemon::regular_file::{self, ReadError};
use codeid_daemon::rules::preset;
use codeid_daemon::uri::{opened_path, shown_path};
use codeid_engine::{CompileLimits, Problem, ProblemCode, RouteConfig, RouteTable};

/// A file that should hold a route config, and the outcome of compiling it.
pub(super) struct Examined {
    /// The file's name in messages.
    pub(super) name: String,
    /// The file's bytes, not necessarily UTF-8; empty if it could not be read.
    pub(super) document: Vec<u8>,
    /// The compiled route config, or the reason why it is refused.
    pub(super) outcome: Result<Accepted, Refused>,
}

/// A route config without errors.
pub(super) struct Accepted {
    config: RouteConfig,
    /// The compiled rules.
    pub(super) table: RouteTable,
    /// The problems that do not prevent its use; may be empty.
    pub(super) warnings: Vec<Problem>,
}

/// The reason why there is no route table for a file.
pub(super) enum Refused {
    /// The file cannot be read, or is too long to be parsed.
    Unreadable(Unreadable),
    /// The file is not a valid route config, or cannot be compiled.
    Wrong {
        /// At least one.
        errors: Vec<Problem>,
        /// Those that the parser found; empty if it did not succeed.
        warnings: Vec<Problem>,
    },
}

/// The reason why a file was not read whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// There is no such file, it is not a file, or this user may not read it.
    #[error("the file cannot be opened")]
    Open(#[from] ReadError),
    /// The system failed while the file was read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// The file is longer than any config that has the most characters. It was not parsed.
    #[error(
        "a route config must have at most {most_characters} characters but the file has more than \
         {most_bytes} bytes"
    )]
    TooLong {
        /// The setting `ac.route.max-config-characters`.
        most_characters: usize,
        /// The bytes that as many characters take at most.
        most_bytes: usize,
    },
}

impl Examined {
    /// Returns what `measure` returns for the compiled rules; `None` if there are none. Rules that are
    /// refused only for what code values cost are compiled without that limit.
    pub(super) fn with_table<T>(
        &self,
        limits: &CompileLimits,
        measure: impl FnOnce(&RouteTable) -> T,
    ) -> Option<T> {
        let too_costly = |error: &Problem| error.code() == ProblemCode::CodeTooCostly;
        match &self.outcome {
            Ok(accepted) => Some(measure(&accepted.table)),
            Err(Refused::Wrong { errors, .. }) if errors.iter().all(too_costly) => {
                let mut unlimited = *limits;
                unlimited.max_code_steps = u64::MAX;
                let compiled = compile(&self.document, &unlimited);
                compiled.ok().map(|accepted| measure(&accepted.table))
            }
            Err(_) => None,
        }
    }

    /// Adds the warnings for which rules must be compared, which costs about as much as compiling.
    pub(super) fn linted(mut self) -> Self {
        if let Ok(accepted) = &mut self.outcome {
            accepted.warnings = accepted.config.lint(&accepted.table);
        }
        self
    }
}

/// Examines the file at `path`, or standard input if `path` is `-`. A file that cannot be read is an
/// outcome, not an error.
pub(super) fn examine(path: &Path, limits: &CompileLimits) -> Examined {
    let (name, read) = if path == Path::new("-") {
        let read = read_bounded(io::stdin().lock(), limits);
        ("<stdin>".to_owned(), read)
    } else {
        match regular_file::open(path) {
            Ok((file, _)) => (opened_path(path).to_string(), read_bounded(file, limits)),
            Err(error) => (shown_path(path).to_string(), Err(error.into())),
        }
    };
    match read {
        Ok(document) => Examined {
            outcome: compile(&document, limits),
            name,
            document,
        },
        Err(unreadable) => Examined {
            name,
            document: Vec::new(),
            outcome: Err(Refused::Unreadable(unreadable)),
        },
    }
}

/// Examines the built-in preset.
pub(super) fn examine_preset(limits: &CompileLimits) -> Examined {
    let document = preset::ROUTE_CONFIG;
    Examined {
        name: "<preset>".to_owned(),
        outcome: compile(document, limits),
        document: document.to_vec(),
    }
}

fn compile(document: &[u8], limits: &CompileLimits) -> Result<Accepted, Refused> {
    let config = RouteConfig::from_json(document, limits).map_err(|error| Refused::Wrong {
        errors: error.problems().to_vec(),
        warnings: Vec::new(),
    })?;
    let warnings = config.warnings().to_vec();
    match RouteTable::compile(&config, limits) {
        Ok(table) => Ok(Accepted {
            config,
            table,
            warnings,
        }),
        Err(error) => Err(Refused::Wrong {
            errors: error.problems().to_vec(),
            warnings,
        }),
    }
}

/// Reads at most as many bytes as a document of the longest allowed length can have.
fn read_bounded(input: impl Read, limits: &CompileLimits) -> Result<Vec<u8>, Unreadable> {
    let most_characters = limits.max_config_characters;
    let most_bytes = most_characters.saturating_mul(char::MAX.len_utf8());
    let mut document = Vec::new();
    input
        .take(
            u64::try_from(most_bytes)
                .unwrap_or(u64::MAX)
                .saturating_add(1),
        )
        .read_to_end(&mut document)?;
    if document.len() > most_bytes {
        return Err(Unreadable::TooLong {
            most_characters,
            most_bytes,
        });
    }
    Ok(document)
}
