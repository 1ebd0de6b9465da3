//! A slow and obvious matcher, the oracle for tests, fuzzing and benches.

use regex_automata::meta::Regex;
use regex_syntax::hir::{Hir, Look};

use crate::CodeValue;
use crate::rule::{EmvMatch, HostMatch, RouteConfig, RuleMatch, TagPath, UrlMatch};

/// Tries the rules one by one, each in the most direct way: what a reader of the specification would
/// write first. Too slow for serving.
///
/// Source: SPEC.md, section 2.1.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, ReferenceMatcher, RouteConfig};
/// let json = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "a", "match": {"prefix": "281"}, "action": {"type": "DECODE"}},
///     {"id": "b", "match": {"exact": "2812"}, "action": {"type": "UNSUPPORTED"}}]}"#;
/// let config = RouteConfig::from_json(json, &CompileLimits::default())?;
/// let matcher = ReferenceMatcher::new(&config);
/// assert_eq!(matcher.matching_rules(CodeValue::new("2812")?), [0, 1]);
/// assert_eq!(matcher.matching_rules(CodeValue::new("2813")?), [0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReferenceMatcher {
    rules: Vec<ReferenceRule>,
    trim: bool,
}

#[derive(Debug)]
enum ReferenceRule {
    Exact(Box<str>),
    Prefix(Box<str>),
    Regex(Regex),
    Url(UrlMatch),
    Emv(EmvMatch),
}

impl ReferenceMatcher {
    /// Prepares the rules of `config`.
    ///
    /// # Panics
    ///
    /// If the `regex` engine refuses an expression. It is built without limits, so it does not.
    #[must_use]
    pub fn new(config: &RouteConfig) -> Self {
        let rules = config
            .rules()
            .iter()
            .map(|rule| match &rule.rule_match {
                RuleMatch::Exact(text) => ReferenceRule::Exact(text.clone()),
                RuleMatch::Prefix(text) => ReferenceRule::Prefix(text.clone()),
                RuleMatch::Regex(pattern) => ReferenceRule::Regex(whole(pattern.hir())),
                RuleMatch::Url(url) => ReferenceRule::Url(url.clone()),
                RuleMatch::Emv(emv) => ReferenceRule::Emv(emv.clone()),
            })
            .collect();
        Self {
            rules,
            trim: config.trims(),
        }
    }

    /// Returns the indices in the config, ascending, of all rules that accept `code`, whatever their
    /// canaries admit.
    #[must_use]
    pub fn matching_rules(&self, code: CodeValue<'_>) -> Vec<usize> {
        let code = if self.trim {
            without_padding(code.as_str())
        } else {
            code.as_str()
        };
        if code.is_empty() {
            return Vec::new();
        }
        (0..self.rules.len())
            .filter(|&index| self.rules[index].accepts(code))
            .collect()
    }
}

impl ReferenceRule {
    fn accepts(&self, code: &str) -> bool {
        match self {
            Self::Exact(text) => code == &**text,
            Self::Prefix(text) => code.starts_with(&**text),
            Self::Regex(regex) => regex.is_match(code),
            Self::Url(url) => accepts_url(url, code),
            Self::Emv(emv) => accepts_emv(emv, code).is_some(),
        }
    }
}

/// Removes white space, control characters and U+FEFF from both ends, one by one.
fn without_padding(code: &str) -> &str {
    let is_padding = |c: &char| c.is_whitespace() || c.is_control() || *c == '\u{feff}';
    let mut rest = code;
    while let Some(c) = rest.chars().next().filter(is_padding) {
        rest = &rest[c.len_utf8()..];
    }
    while let Some(c) = rest.chars().next_back().filter(is_padding) {
        rest = &rest[..rest.len() - c.len_utf8()];
    }
    rest
}

fn whole(hir: &Hir) -> Regex {
    let anchored = Hir::concat(vec![
        Hir::look(Look::Start),
        hir.clone(),
        Hir::look(Look::End),
    ]);
    Regex::builder()
        .configure(Regex::config().nfa_size_limit(None))
        .build_from_hir(&anchored)
        .expect("no limit is set that a checked pattern could exceed")
}

fn accepts_url(url: &UrlMatch, code: &str) -> bool {
    let Some((scheme, rest)) = code.split_once("://") else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case(&url.scheme) {
        return false;
    }
    let is_host_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let host_end = rest.find(|c| !is_host_character(c)).unwrap_or(rest.len());
    let (host, mut rest) = rest.split_at(host_end);
    let host = host.to_ascii_lowercase();
    let host_accepted = match &url.host {
        HostMatch::Exact(name) => host == **name,
        HostMatch::Below(domain) => host
            .strip_suffix(&**domain)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| {
                labels
                    .split('.')
                    .all(|label| (1..=63).contains(&label.len()))
            }),
    };
    if !host_accepted {
        return false;
    }
    if let Some(port) = url.port {
        match rest.strip_prefix(&format!(":{port}")) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    let at_boundary = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?', '#']);
    match &url.path {
        None => at_boundary(rest),
        Some(path) => match rest.strip_prefix(&**path) {
            Some(after) => path.ends_with('/') || at_boundary(after),
            None => false,
        },
    }
}

fn accepts_emv(emv: &EmvMatch, code: &str) -> Option<()> {
    let accepted = |condition: bool| condition.then_some(());
    accepted(code.starts_with("000201"))?;
    let data_objects = |text| data_objects(text, emv.allow_empty);
    let objects = data_objects(code)?;
    if let Some(guid) = &emv.guid {
        let has_guid = (26..=51).any(|id| {
            first(&objects, id)
                .and_then(data_objects)
                .and_then(|subs| first(&subs, 0).map(|value| value.eq_ignore_ascii_case(guid)))
                .unwrap_or(false)
        });
        accepted(has_guid)?;
    }
    for (TagPath { id, sub_id }, wanted) in &emv.tags {
        let value = first(&objects, id.index())?;
        match sub_id {
            None => accepted(value == &**wanted)?,
            Some(sub_id) => {
                let subs = data_objects(value)?;
                accepted(first(&subs, sub_id.index())? == &**wanted)?;
            }
        }
    }
    if emv.check_crc {
        let (id, crc) = objects.last()?;
        accepted(*id == 63 && crc.len() == 4)?;
        // What follows the checksum, if anything does, counts as absent.
        let text = &code[..crc.as_ptr().addr() - code.as_ptr().addr()];
        accepted(crc.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let expected = crc::Crc::<u16>::new(&crc::CRC_16_IBM_3740).checksum(text.as_bytes());
        accepted(u16::from_str_radix(crc, 16) == Ok(expected))?;
    }
    Some(())
}

/// Returns the data objects of which `text` consists, each as its ID and value, without empty ones, if
/// these are allowed; `None` if `text` is anything else.
fn data_objects(text: &str, allow_empty: bool) -> Option<Vec<(usize, &str)>> {
    let mut objects = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let header = rest
            .get(..4)
            .filter(|h| h.bytes().all(|b| b.is_ascii_digit()))?;
        let id: usize = header[..2].parse().ok()?;
        let length: usize = header[2..].parse().ok()?;
        let value = &rest[4..];
        if value.chars().count() < length || (length == 0 && !allow_empty) {
            return None;
        }
        let end = value
            .char_indices()
            .nth(length)
            .map_or(value.len(), |(end, _)| end);
        if end > 0 {
            objects.push((id, &value[..end]));
        }
        rest = &value[end..];
    }
    Some(objects)
}

fn first<'a>(objects: &[(usize, &'a str)], id: usize) -> Option<&'a str> {
    objects
        .iter()
        .find(|(candidate, _)| *candidate == id)
        .map(|(_, value)| *value)
}
