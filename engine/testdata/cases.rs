//! Loads the conformance cases of this folder, in the format that `README.md` describes.
//!
//! Self-contained, so that the tests of any crate of the workspace can include it with `#[path]`.

#![allow(
    dead_code,
    reason = "each test binary that includes this file uses its own part of it, and some use all"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One conformance case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Unique over all files.
    pub(crate) name: String,
    /// The section of SPEC.md from which the case is derived.
    pub(crate) source: String,
    /// The name of the file that holds the case.
    pub(crate) file: String,
    /// The route config, as bytes: not all of them are UTF-8.
    pub(crate) config: Vec<u8>,
    /// The expected result.
    pub(crate) check: Check,
}

/// The expected result of a case.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// The config is accepted, and this lookup has the result that it states.
    Lookup(Lookup),
    /// The config is refused with exactly these problems.
    Refused(Vec<ExpectedProblem>),
    /// The config is accepted, with exactly these warnings, in document order; `None` if any will do.
    Accepted {
        warnings: Option<Vec<ExpectedProblem>>,
    },
}

/// A lookup and its expected result.
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) code: String,
    pub(crate) open_id: String,
    pub(crate) answer: Answer,
    /// The ids of all rules that accept the code value, in order, whatever their canaries admit;
    /// `None` if the case does not say.
    pub(crate) matches: Option<Vec<String>>,
}

/// The expected result of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `isSupported` is false; `rule` is the `UNSUPPORTED` rule that decided, if one did.
    Unsupported { rule: Option<String> },
    /// `DECODE`.
    Decode { code_value: String, rule: String },
    /// `OPEN_URL`.
    OpenUrl {
        redirect_url: String,
        user_agent: String,
        rule: String,
    },
    /// `PARAM_ILLEGAL`, because of this parameter.
    Illegal { parameter: String },
}

/// One problem that must be reported about a config.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ExpectedProblem {
    /// The problem's code.
    pub(crate) code: String,
    /// The rule's id, or several of which one must be reported; `None` or `""` if the problem is not
    /// in a rule or the rule has no readable id.
    pub(crate) rule: Option<OneOf>,
    /// The JSON pointer, or several of which one must be reported.
    pub(crate) pointer: OneOf,
    /// The character inside the pattern or template; `None` if any will do.
    pub(crate) in_pattern: Option<usize>,
    /// A text that the message or the hint must contain; `None` if any message will do.
    pub(crate) contains: Option<String>,
    /// `true` if there must be a hint.
    #[serde(default)]
    pub(crate) hinted: bool,
}

/// One text, or several of which one must match.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOf {
    One(String),
    Several(Vec<String>),
}

impl OneOf {
    pub(crate) fn contains(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Several(several) => several.iter().any(|one| one == text),
        }
    }
}

/// Returns the folder that holds the cases.
pub(crate) fn folder() -> PathBuf {
    // Every crate of the workspace is a sibling of `engine`.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/testdata")
}

/// Returns all cases, ordered by the names of their files, then as they are written.
///
/// # Panics
///
/// If a case cannot be read, with the names of the file and the case.
pub(crate) fn load() -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap_or_else(|error| panic!("{}: {error}", folder().display()))
        .map(|entry| {
            entry
                .expect("a folder that was opened can be listed")
                .path()
        })
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    let cases: Vec<Case> = files.iter().flat_map(|path| load_file(path)).collect();
    let mut seen = BTreeMap::new();
    for case in &cases {
        if let Some(other) = seen.insert(&case.name, &case.file) {
            panic!("two cases are named {} ({other}, {})", case.name, case.file);
        }
    }
    cases
}

fn load_file(path: &Path) -> Vec<Case> {
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let file = file.expect("a file has a name");
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let raw: RawFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let RawFile { rules, case } = raw;
    case.into_iter()
        .map(|case| case.check(&file, &rules))
        .collect()
}

/// One file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    /// Rules that several cases of the file share, by name.
    #[serde(default)]
    rules: BTreeMap<String, Text>,
    #[serde(default)]
    case: Vec<RawCase>,
}

/// One case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCase {
    name: String,
    source: String,
    rules: Option<Text>,
    rules_of: Option<String>,
    config: Option<Text>,
    config_hex: Option<String>,
    config_file: Option<String>,
    code: Option<Text>,
    open_id: Option<Text>,
    expect: Option<RawAnswer>,
    matches: Option<Vec<String>>,
    expect_errors: Option<Vec<ExpectedProblem>>,
    config_ok: Option<bool>,
    expect_warnings: Option<Vec<ExpectedProblem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAnswer {
    unsupported: Option<bool>,
    decode: Option<Text>,
    redirect_url: Option<Text>,
    user_agent: Option<String>,
    illegal: Option<String>,
    rule: Option<String>,
}

/// A text, or `prefix`, then `repeat` as often as `times` says, then `suffix`.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Repeated(Repeated),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    #[serde(default)]
    prefix: String,
    repeat: String,
    times: usize,
    #[serde(default)]
    suffix: String,
}

impl Text {
    fn into_string(self) -> String {
        match self {
            Self::Plain(text) => text,
            Self::Repeated(Repeated {
                prefix,
                repeat,
                times,
                suffix,
            }) => prefix + &repeat.repeat(times) + &suffix,
        }
    }
}

impl RawCase {
    fn check(self, file: &str, shared: &BTreeMap<String, Text>) -> Case {
        let at = format!("{file}, case {}", self.name);
        let document = |rules: Text| {
            let rules = rules.into_string();
            format!(r#"{{"format": "codeid/1", "version": "cases", "rules": {rules}}}"#)
                .into_bytes()
        };
        let forms = (
            self.rules,
            self.rules_of,
            self.config,
            self.config_hex,
            self.config_file,
        );
        let config = match forms {
            (Some(rules), None, None, None, None) => document(rules),
            (None, Some(name), None, None, None) => match shared.get(&name) {
                Some(rules) => document(rules.clone()),
                None => panic!("{at}: the file has no rules named {name}"),
            },
            (None, None, Some(config), None, None) => config.into_string().into_bytes(),
            (None, None, None, Some(hex), None) => bytes_of(&hex, &at),
            (None, None, None, None, Some(name)) => {
                let path = folder().join("../../config").join(name);
                fs::read(&path).unwrap_or_else(|error| panic!("{at}: {}: {error}", path.display()))
            }
            _ => panic!("{at}: needs one of rules, rules-of, config, config-hex, config-file"),
        };
        let expected = (
            self.expect,
            self.expect_errors,
            self.config_ok,
            self.expect_warnings,
        );
        let check = match expected {
            (Some(answer), None, None, None) => Check::Lookup(Lookup {
                code: self
                    .code
                    .map(Text::into_string)
                    .unwrap_or_else(|| panic!("{at}: code is missing")),
                open_id: self
                    .open_id
                    .map_or_else(|| "user-42".to_owned(), Text::into_string),
                answer: answer.check(&at),
                matches: self.matches,
            }),
            (None, Some(problems), None, None) if !problems.is_empty() => Check::Refused(problems),
            (None, None, Some(true), None) => Check::Accepted { warnings: None },
            (None, None, None, Some(warnings)) => Check::Accepted {
                warnings: Some(warnings),
            },
            _ => panic!(
                "{at}: needs one of expect, expect-errors (not empty), config-ok = true, expect-warnings"
            ),
        };
        Case {
            name: self.name,
            source: self.source,
            file: file.to_owned(),
            config,
            check,
        }
    }
}

impl RawAnswer {
    fn check(self, at: &str) -> Answer {
        let Self {
            unsupported,
            decode,
            redirect_url,
            user_agent,
            illegal,
            rule,
        } = self;
        match (unsupported, decode, redirect_url, user_agent, illegal, rule) {
            (Some(true), None, None, None, None, rule) => Answer::Unsupported { rule },
            (None, Some(code_value), None, None, None, Some(rule)) => Answer::Decode {
                code_value: code_value.into_string(),
                rule,
            },
            (None, None, Some(redirect_url), user_agent, None, Some(rule)) => Answer::OpenUrl {
                redirect_url: redirect_url.into_string(),
                user_agent: user_agent.unwrap_or_else(|| "-".to_owned()),
                rule,
            },
            (None, None, None, None, Some(parameter), None) => Answer::Illegal { parameter },
            _ => panic!("{at}: expect must have one of the forms that README.md lists"),
        }
    }
}

fn bytes_of(hex: &str, at: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| {
            c.to_digit(16)
                .unwrap_or_else(|| panic!("{at}: {c} is not a hex digit"))
        })
        .collect();
    assert!(
        digits.len().is_multiple_of(2),
        "{at}: config-hex has an odd number of digits"
    );
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two hex digits make a byte"))
        .collect()
}
