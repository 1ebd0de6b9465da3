//! A second implementation of the specification, for generated rules: slow, and with nothing in
//! common with the engine except the hash of the canary, which published vectors test.

use std::fmt::Write as _;

use codeid_engine::{Bucket, OpenId};
use codeid_generate::{
    Action, Case, Dialect, EmvMatch, Match, Piece, Rule, UrlMatch, Value, crc_ccitt_false,
};
use regex_automata::meta::Regex;
use sha2::{Digest, Sha256};

/// The outcome of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Unsupported,
    Decode(String),
    OpenUrl(String, String),
}

pub(crate) struct Oracle<'a> {
    rules: &'a [Rule],
    trim: bool,
    /// The anchored pattern of each regex rule.
    patterns: Vec<Option<Regex>>,
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(case: &'a Case) -> Self {
        let rules = case.rules.as_slice();
        let pattern = |rule: &Rule| {
            let Match::Regex(pattern) = &rule.matching else {
                return None;
            };
            let text = pattern.text(Dialect::RegexCrate);
            let anchored = format!(r"\A(?:{text})\z");
            Some(Regex::new(&anchored).unwrap_or_else(|error| panic!("{anchored}: {error:?}")))
        };
        Self {
            rules,
            trim: case.trim == Some(true),
            patterns: rules.iter().map(pattern).collect(),
        }
    }

    pub(crate) fn rule_id(&self, index: usize) -> &str {
        &self.rules[index].id
    }

    /// Returns for each rule whether it accepts `code`; `None` where the oracle does not know.
    pub(crate) fn accepting_rules(&self, code: &str) -> Vec<Option<bool>> {
        let code = self.trimmed(code);
        if code.is_empty() {
            return vec![Some(false); self.rules.len()];
        }
        let accepts = |(rule, pattern): (&Rule, &Option<Regex>)| match &rule.matching {
            Match::Exact(text) => Some(code == text),
            Match::Prefix(text) => Some(code.starts_with(text)),
            Match::Regex(_) => pattern.as_ref().map(|pattern| pattern.is_match(code)),
            Match::Url(url) => Some(url_accepts(url, code)),
            Match::Emv(emv) => Some(emv_accepts(emv, code)),
        };
        self.rules.iter().zip(&self.patterns).map(accepts).collect()
    }

    pub(crate) fn admits(&self, index: usize, open_id: OpenId<'_>) -> bool {
        let rule = &self.rules[index];
        let Some(canary) = &rule.canary else {
            return true;
        };
        let digest = Sha256::digest(open_id.as_str());
        let listed = |entry: &String| match entry.strip_prefix("sha256:") {
            Some(hex) => {
                let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                hex.eq_ignore_ascii_case(&digest)
            }
            None => entry == open_id.as_str(),
        };
        let bucket = Bucket::new(canary.group.as_deref().unwrap_or(&rule.id), open_id);
        canary.allowlist.iter().any(listed) || bucket.get() < canary.hundredths.unwrap_or(0)
    }

    /// Returns the outcome of a rule that accepts `code`; `None` if it depends on groups that the
    /// oracle does not know.
    pub(crate) fn answer(&self, index: usize, code: &str) -> Option<Answer> {
        let code = self.trimmed(code);
        match &self.rules[index].action {
            Action::Unsupported => Some(Answer::Unsupported),
            Action::Decode(None) => Some(Answer::Decode(code.to_owned())),
            Action::Decode(Some(template)) => Some(Answer::Decode(self.render(
                index,
                &template.0,
                code,
                |_| false,
            )?)),
            Action::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                let whole = [Piece::Insert {
                    value: Value::Code,
                    percent_encoded: false,
                }];
                let pieces = redirect_url
                    .as_ref()
                    .map_or(&whole[..], |template| &template.0);
                let unsafe_in_header =
                    |c: char| !c.is_ascii() || c.is_control() || " \"<>\\^`{|}".contains(c);
                let rendered = self.render(index, pieces, code, unsafe_in_header)?;
                let redirect_url = with_lower_case_host(&encoded(&rendered, |c| !c.is_ascii()));
                let user_agent = user_agent.clone().unwrap_or_else(|| "-".to_owned());
                Some(Answer::OpenUrl(redirect_url, user_agent))
            }
        }
    }

    /// Returns the part of `code` that is identified, which may be empty.
    fn trimmed<'c>(&self, code: &'c str) -> &'c str {
        let removed = |&(_, c): &(usize, char)| {
            c.is_whitespace() || matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}')
        };
        let mut rest = code.char_indices().skip_while(removed).peekable();
        if !self.trim {
            return code;
        }
        let Some(&(start, _)) = rest.peek() else {
            return "";
        };
        let last = rest.filter(|one| !removed(one)).last();
        last.map_or("", |(at, c)| &code[start..at + c.len_utf8()])
    }

    fn render(
        &self,
        index: usize,
        pieces: &[Piece],
        code: &str,
        must_encode: impl Fn(char) -> bool,
    ) -> Option<String> {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Insert {
                    value,
                    percent_encoded,
                } => {
                    let value = self.value(index, value, code)?;
                    if *percent_encoded {
                        text.push_str(&encoded(&value, |c| !unreserved(c)));
                    } else {
                        text.push_str(&encoded(&value, &must_encode));
                    }
                }
            }
        }
        Some(text)
    }

    fn value(&self, index: usize, value: &Value, code: &str) -> Option<String> {
        let pattern = match value {
            Value::Code => return Some(code.to_owned()),
            Value::Group(_) | Value::Named(_) => self.patterns[index].as_ref()?,
        };
        let mut captures = pattern.create_captures();
        pattern.captures(code, &mut captures);
        let span = match value {
            Value::Code => None,
            Value::Group(number) => captures.get_group(*number),
            Value::Named(name) => captures.get_group_by_name(name),
        };
        Some(span.map_or_else(String::new, |span| code[span.range()].to_owned()))
    }
}

fn encoded(text: &str, must_encode: impl Fn(char) -> bool) -> String {
    let mut encoded = String::new();
    for c in text.chars() {
        if must_encode(c) {
            for byte in c.to_string().bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        } else {
            encoded.push(c);
        }
    }
    encoded
}

/// Returns `url` with all that comes before its path, query or fragment in lower case.
fn with_lower_case_host(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (scheme, host) = (scheme.to_lowercase(), host.to_lowercase());
    format!("{scheme}://{host}{rest}")
}

fn url_accepts(url: &UrlMatch, code: &str) -> bool {
    let scheme = url
        .scheme
        .as_deref()
        .unwrap_or("https")
        .to_ascii_lowercase();
    let Some((code_scheme, rest)) = code.split_once("://") else {
        return false;
    };
    if code_scheme.to_ascii_lowercase() != scheme {
        return false;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let host = match url.port {
        Some(port) => authority.strip_suffix(&format!(":{port}")),
        None => Some(authority),
    };
    let Some(host) = host else { return false };
    let (host, wanted) = (host.to_ascii_lowercase(), url.host.to_ascii_lowercase());
    let host_fits = match wanted.strip_prefix("*.") {
        Some(domain) => {
            let is_label = |label: &str| {
                (1..=63).contains(&label.len())
                    && label
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            };
            host.strip_suffix(&format!(".{domain}"))
                .is_some_and(|labels| labels.split('.').all(is_label))
        }
        None => host == wanted,
    };
    let path_fits = match &url.path {
        None => true,
        Some(path) if path.ends_with('/') => after.starts_with(path.as_str()),
        Some(path) => after
            .strip_prefix(path.as_str())
            .is_some_and(|below| below.is_empty() || below.starts_with(['/', '?', '#'])),
    };
    host_fits && path_fits
}

fn emv_accepts(emv: &EmvMatch, code: &str) -> bool {
    let data_objects = |text: &str| {
        let mut objects = data_objects(text)?;
        let whole = objects.len();
        objects.retain(|(_, value)| !value.is_empty());
        (objects.len() == whole || emv.allow_empty == Some(true)).then_some(objects)
    };
    let Some(objects) = code
        .starts_with("000201")
        .then(|| data_objects(code))
        .flatten()
    else {
        return false;
    };
    let first = |objects: &[(String, String)], id: &str| {
        objects
            .iter()
            .find(|object| object.0 == id)
            .map(|object| object.1.clone())
    };
    let sub_field =
        |template: &str, id: &str| first(&data_objects(&first(&objects, template)?)?, id);
    let guid_fits = emv.guid.as_ref().is_none_or(|guid| {
        (26..=51).any(|template| {
            sub_field(&template.to_string(), "00")
                .is_some_and(|found| found.eq_ignore_ascii_case(guid))
        })
    });
    let tags_fit = emv.tags.iter().all(|(tag, value)| {
        let found = match tag.split_once('.') {
            Some((template, id)) => sub_field(template, id),
            None => first(&objects, tag),
        };
        found.as_ref() == Some(value)
    });
    guid_fits && tags_fit && (emv.check_crc == Some(false) || crc_fits(&objects, code))
}

fn crc_fits(objects: &[(String, String)], code: &str) -> bool {
    let Some((id, crc)) = objects.last() else {
        return false;
    };
    let hexadecimal = crc.len() == 4 && crc.bytes().all(|b| b.is_ascii_hexdigit());
    id == "63" && hexadecimal && {
        // Empty data objects may follow.
        let last = format!("6304{crc}");
        let at = code.rfind(&last).expect("it is in the code") + 4;
        u16::from_str_radix(crc, 16) == Ok(crc_ccitt_false(&code.as_bytes()[..at]))
    }
}

/// Splits `text` into data objects, of which some may be empty; returns `None` if it does not consist of data objects.
fn data_objects(text: &str) -> Option<Vec<(String, String)>> {
    let characters: Vec<char> = text.chars().collect();
    let mut rest = characters.as_slice();
    let mut objects = Vec::new();
    while !rest.is_empty() {
        let head = rest.get(..4)?;
        if !head.iter().all(char::is_ascii_digit) {
            return None;
        }
        let head: String = head.iter().collect();
        let length: usize = head[2..].parse().ok()?;
        let value = rest.get(4..4 + length)?;
        objects.push((head[..2].to_owned(), value.iter().collect()));
        rest = &rest[4 + length..];
    }
    Some(objects)
}
