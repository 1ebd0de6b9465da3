//! Parses the text of a route config into rules that cannot hold a wrong value.

use std::collections::HashMap;

use super::fields::{Fields, check_length, read_array, shortened};
use super::json::Node;
use super::problems::{LineCounter, Problems};
use super::route_rule::RouteRule;
use super::rule_match::RuleMatch;
use super::{action, canary, emv, emv_contradiction, json_hint, regex, url};
use crate::pattern::Pattern;
use crate::{CodeValue, CompileLimits, ConfigError, Problem, ProblemCode, RuleId};

/// The format that this version reads.
const FORMAT: &str = "codeid/1";
const MAX_VERSION_CHARACTERS: usize = 64;

/// The number of rules that are named when all patterns together cost too much.
const COSTLY_RULES_NAMED: usize = 5;
/// The characters and ranges of classes with which all patterns may be written, for each state that
/// they may take: 1,000,000 by default, some 50 MB of them in the worst case.
const WRITTEN_PER_STATE: usize = 4;

/// The parts of a route config that has no errors.
pub(super) struct ParsedConfig {
    /// 1 to 64 characters, none of them a control character.
    pub(super) version: Box<str>,
    /// `true` if code values are trimmed.
    pub(super) trim: bool,
    /// In the order of the document.
    pub(super) rules: Vec<RouteRule>,
    /// In the order of the document.
    pub(super) warnings: Vec<Problem>,
}

/// Parses and checks the text of a route config.
///
/// # Errors
///
/// Returns a [`ConfigError`] with every problem that was found, in document order.
pub(super) fn parse(json: &[u8], limits: &CompileLimits) -> Result<ParsedConfig, ConfigError> {
    let document = read_document(json, limits.max_config_characters)?;
    let mut problems = Problems::new(document);
    let root = match Node::document(document) {
        Ok(root) => root,
        Err(error) => {
            problems.unreadable(ProblemCode::NotJson, "", error);
            return Err(problems.finish().expect_err("a problem was just reported"));
        }
    };
    let mut lines = LineCounter::new(document);
    let config = read_config(&mut problems, &mut lines, root, limits);
    let complete = config.is_some();
    debug_assert!(
        complete || problems.has_errors(),
        "what makes a config incomplete was reported"
    );
    let warnings = problems.finish()?;
    let (version, trim, rules) = config
        .ok_or_else(|| Problem::new(ProblemCode::InternalFault, "", "the config is incomplete"))?;
    Ok(ParsedConfig {
        version,
        trim,
        rules,
        warnings,
    })
}

/// Returns `json` as text, if its length and encoding are allowed.
fn read_document(json: &[u8], max_characters: usize) -> Result<&str, ConfigError> {
    let too_long = |length: String| {
        let message =
            format!("the config has {length}, more than the {max_characters} characters allowed");
        Problem::new(ProblemCode::ConfigTooLong, "", message)
            .with_hint("the setting ac.route.max-config-characters raises the limit")
    };
    // A character has at most four bytes, so a text far over the limit is refused unread.
    if json.len() > max_characters.saturating_mul(4) {
        return Err(too_long(format!("{} bytes", json.len())).into());
    }
    let document = std::str::from_utf8(json).map_err(|error| {
        let message = format!("not UTF-8 at byte {}", error.valid_up_to());
        let hint = json_hint::for_bytes(json, error.valid_up_to());
        Problem::new(ProblemCode::NotUtf8, "", message).with_hint(hint)
    })?;
    if document.starts_with('\u{feff}') {
        let message = "the document begins with a byte order mark";
        return Err(Problem::new(ProblemCode::ByteOrderMark, "", message)
            .with_hint("save it as UTF-8 without a byte order mark")
            .into());
    }
    let characters = document.chars().count();
    if characters > max_characters {
        return Err(too_long(format!("{characters} characters")).into());
    }
    Ok(document)
}

fn read_config(
    problems: &mut Problems<'_>,
    lines: &mut LineCounter<'_>,
    root: Node<'_>,
    limits: &CompileLimits,
) -> Option<(Box<str>, bool, Vec<RouteRule>)> {
    let known = ["$schema", "format", "version", "trim", "rules"];
    let fields = Fields::read(problems, root, String::new(), &known)?;
    // It is for editors: all that matters is that it is a string.
    let _ = fields.string(problems, "$schema");
    if let Some((node, format)) = fields.required_string(problems, "format")
        && format != FORMAT
    {
        let message = format!(
            "unknown format {:?}, expected {FORMAT:?}",
            shortened(&format)
        );
        let pointer = fields.pointer("format");
        problems.error(
            node,
            Problem::new(ProblemCode::UnknownFormat, pointer, message),
        );
    }
    let version = version(problems, &fields);
    let trim = fields.flag(problems, "trim", false);
    let node = fields.required(problems, "rules")?;
    let pointer = fields.pointer("rules");
    let elements = read_array(problems, node, &pointer)?;
    let mut rules = Vec::with_capacity(elements.len());
    let mut ids = HashMap::with_capacity(elements.len());
    let mut complete = true;
    for (index, element) in elements.into_iter().enumerate() {
        let claim = &mut |id, line| ids.insert(id, IdUse { rule: index, line });
        let rule = read_rule(
            problems,
            element,
            format!("{pointer}/{index}"),
            lines,
            limits,
            claim,
        );
        problems.enter_rule(None);
        match rule {
            Some(rule) => rules.push(rule),
            None => complete = false,
        }
    }
    check_costs(problems, node, &pointer, &rules, limits.max_states);
    if complete {
        Some((version?, trim?, rules))
    } else {
        None
    }
}

fn version(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Box<str>> {
    let (node, text) = fields.required_string(problems, "version")?;
    let pointer = fields.pointer("version");
    if !check_length(
        problems,
        (node, &text),
        &pointer,
        (1, MAX_VERSION_CHARACTERS),
    ) {
        return None;
    }
    if text.chars().any(char::is_control) {
        let message = "the version contains a control character";
        problems.error(
            node,
            Problem::new(ProblemCode::BadVersion, pointer, message),
        );
        return None;
    }
    Some(text.into())
}

/// The rule that has an id, by its index, and the line of the id.
struct IdUse {
    rule: usize,
    line: usize,
}

/// Reads one rule. `claim` is called with its id and the line of the id, and returns the use of the
/// same id by an earlier rule.
fn read_rule(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
    lines: &mut LineCounter<'_>,
    limits: &CompileLimits,
    claim: &mut impl FnMut(RuleId, usize) -> Option<IdUse>,
) -> Option<RouteRule> {
    let document = problems.document();
    let position = lines.position(node.offset(document));
    let id = peek_id(document, node);
    problems.enter_rule(id.as_ref().map(RuleId::as_str));
    let known = ["id", "description", "match", "action", "canary"];
    let fields = Fields::read(problems, node, pointer, &known)?;
    if let Some((node, text)) = fields.required_string(problems, "id") {
        let pointer = fields.pointer("id");
        match &id {
            None => {
                let message = format!(
                    "the id must be 1 to {} characters of [A-Za-z0-9._-], not {:?}",
                    RuleId::MAX_CHARACTERS,
                    shortened(&text)
                );
                problems.error(node, Problem::new(ProblemCode::BadId, pointer, message));
            }
            Some(id) => {
                let before = &document.as_bytes()[position.offset..node.offset(document)];
                let line = position.line + memchr::memchr_iter(b'\n', before).count();
                if let Some(other) = claim(id.clone(), line) {
                    let message = format!(
                        "duplicate id {id} in line {line}, already used by rule {} in line {}",
                        other.rule + 1,
                        other.line
                    );
                    let problem = Problem::new(ProblemCode::DuplicateId, pointer, message);
                    problems.error(node, problem.with_other_rule(other.rule));
                }
            }
        }
    }
    let described = fields.optional("description").is_none()
        || fields.string(problems, "description").is_some();
    let match_node = fields.required(problems, "match");
    let rule_match = match match_node {
        Some(node) => read_match(problems, node, fields.pointer("match"), limits),
        None => None,
    };
    let action = match fields.required(problems, "action") {
        Some(node) => action::parse(
            problems,
            node,
            fields.pointer("action"),
            rule_match.as_ref(),
        ),
        None => None,
    };
    let canary = match fields.optional("canary") {
        None => Some(None),
        Some(node) => {
            let group = id.as_ref().map(RuleId::as_str);
            canary::parse(problems, node, fields.pointer("canary"), group).map(Some)
        }
    };
    if !described {
        return None;
    }
    Some(RouteRule {
        position,
        match_position: lines.position(match_node?.offset(document)),
        id: id?,
        rule_match: rule_match?,
        action: action?,
        canary: canary?,
    })
}

/// Returns the id of the rule `node`, if it has a valid one.
///
/// The id is read first, wherever it stands, since all problems of the rule are reported with it.
fn peek_id(document: &str, node: Node<'_>) -> Option<RuleId> {
    use super::json::Value;
    let Ok(Value::Object(members)) = node.value(document) else {
        return None;
    };
    let member = members.into_iter().find(|member| member.name == "id")?;
    match member.value.value(document) {
        Ok(Value::String(text)) => RuleId::new(&text),
        _ => None,
    }
}

fn read_match(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
    limits: &CompileLimits,
) -> Option<RuleMatch> {
    const KINDS: [&str; 5] = ["exact", "prefix", "regex", "url", "emv"];
    let fields = Fields::read(problems, node, pointer.clone(), &KINDS)?;
    let given: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| fields.optional(kind).is_some())
        .collect();
    let kind = match given.as_slice() {
        [kind] => *kind,
        [] => {
            let message = "the match has no kind, expected one of exact, prefix, regex, url, emv";
            problems.error(
                node,
                Problem::new(ProblemCode::NoMatchKind, pointer, message),
            );
            return None;
        }
        several => {
            let message = format!("the match has several kinds: {}", several.join(", "));
            problems.error(
                node,
                Problem::new(ProblemCode::SeveralMatchKinds, pointer, message),
            );
            return None;
        }
    };
    let value = fields.optional(kind)?;
    let at = fields.pointer(kind);
    match kind {
        "url" => url::parse(problems, value, at).map(RuleMatch::Url),
        "emv" => {
            let emv = emv::parse(problems, value, at.clone())?;
            emv_contradiction::warn(problems, value, at, &emv);
            Some(RuleMatch::Emv(emv))
        }
        "regex" => {
            let text = fields.string(problems, kind)?;
            regex::parse(problems, text, at, limits.max_rule_states).map(RuleMatch::Regex)
        }
        _ => {
            let (node, text) = fields.string(problems, kind)?;
            if !check_length(
                problems,
                (node, &text),
                &at,
                (CodeValue::MIN_CHARACTERS, CodeValue::MAX_CHARACTERS),
            ) {
                return None;
            }
            if kind == "exact" {
                return Some(RuleMatch::Exact(text.into()));
            }
            warn_of_case_sensitivity(problems, node, &at, &text);
            Some(RuleMatch::Prefix(text.into()))
        }
    }
}

/// Warns of a prefix with a scheme: dense QR codes hold only upper-case letters, in which issuers
/// then write scheme and host.
fn warn_of_case_sensitivity(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: &str,
    prefix: &str,
) {
    let scheme_end = prefix.find("://");
    if let Some(end) = scheme_end
        && prefix[..end]
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        let message = "this prefix is case-sensitive, but dense QR codes hold scheme and host in \
                       upper case";
        let hint = "a url match ignores the case of scheme and host";
        let problem = Problem::new(ProblemCode::CaseSensitiveUrl, pointer, message);
        problems.warn(node, problem.with_hint(hint));
    }
}

/// Reports if the patterns of all rules together take more than `max_states`, or are written with more
/// than [`WRITTEN_PER_STATE`] times as many ranges.
fn check_costs(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: &str,
    rules: &[RouteRule],
    max_states: usize,
) {
    let max_written = max_states.saturating_mul(WRITTEN_PER_STATE);
    let mut check = |cost: fn(&Pattern) -> usize, max: usize, unit: &str, hint: &'static str| {
        let cost = |rule: &RouteRule| match &rule.rule_match {
            RuleMatch::Regex(pattern) => cost(pattern),
            _ => 0,
        };
        let total = rules.iter().map(cost).fold(0, usize::saturating_add);
        if total <= max {
            return;
        }
        let mut costs: Vec<_> = rules
            .iter()
            .map(|rule| (cost(rule), rule.id.as_str()))
            .collect();
        costs.sort_by(|a, b| b.cmp(a));
        let most = costs.iter().take(COSTLY_RULES_NAMED);
        let most: Vec<String> = most.map(|(cost, id)| format!("{id} ({cost})")).collect();
        let message = format!(
            "the patterns take {total} {unit}, more than the {max} allowed; the largest are {}",
            most.join(", ")
        );
        let problem = Problem::new(ProblemCode::PatternsTooLarge, pointer, message);
        problems.error(node, problem.with_hint(hint));
    };
    check(
        Pattern::cost,
        max_states,
        "states",
        "shorten their repetitions",
    );
    check(
        Pattern::written,
        max_written,
        "characters and ranges of classes",
        "write fewer or shorter classes",
    );
}
