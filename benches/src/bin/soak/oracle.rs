//! Route configs that differ in every answer, and the answers that they must give.
//!
//! The rule that decides comes from the reference matcher of the engine and the canary that is computed
//! here; the answer is rendered here, too. No compiled table takes part.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use codeid_engine::{
    Bucket, CodeValue, CompileLimits, ConfigDigest, OpenId, ReferenceMatcher, RouteConfig,
};
use serde_json::{Value, json};

use crate::record::locked;

/// The code values and openIds that clients send. Every config answers the first [`NAMING`] of them
/// with its own number.
pub(crate) const PAIRS: [(&str, &str); 16] = [
    ("28112304abcdEFGH", "user-1"),
    ("2819", "user-2"),
    ("EXACT", "user-1"),
    ("https://qr.example.com/m/7?x=%20 y", "user-3"),
    ("https://a.b.example.com:8443/", "user-3"),
    ("0002015303764", "user-1"),
    ("HeLLo, world", "user-2"),
    ("CAN-1", "user-1"),
    ("CAN-2", "user-2"),
    ("CAN-3", "user-3"),
    ("now pay this and that!", "user-4"),
    ("filler-00007-after", "user-5"),
    // Some configs answer these without a rule, or with one that gives no text.
    ("UN-1", "user-1"),
    ("ODD", "user-1"),
    ("no rule at all", "user-2"),
    ("EXACT ", "user-2"),
];

/// The number of pairs whose answers name the config.
pub(crate) const NAMING: usize = 12;

/// The number of configs that are remembered: many more than can be live or in the history.
const REMEMBERED: usize = 256;

/// The configs so far.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    configs: Mutex<BTreeMap<u32, Arc<Config>>>,
}

/// A config and its answers.
#[derive(Debug)]
pub(crate) struct Config {
    /// The number, which is its version and part of its answers.
    pub(crate) number: u32,
    pub(crate) text: String,
    pub(crate) sha256: String,
    answers: Vec<Answer>,
}

/// The answer to one pair.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The header `X-Codeid-Rule`.
    pub(crate) rule: Option<String>,
    /// The body over HTTP.
    pub(crate) body: Value,
    /// The fields over RESP.
    pub(crate) fields: Vec<(String, String)>,
}

/// A rule, and what it answers.
struct Rule {
    json: Value,
    canary: Option<(u16, &'static str)>,
    render: Box<dyn Fn(&str) -> Rendered>,
}

enum Rendered {
    Unsupported,
    Decode(String),
    OpenUrl(String),
}

const USER_AGENT: &str = "-/Soak";

impl Oracle {
    /// Makes the next config.
    pub(crate) fn next(&self) -> Arc<Config> {
        let mut configs = locked(&self.configs);
        let number = configs.last_key_value().map_or(1, |(last, _)| last + 1);
        let config = Arc::new(Config::new(number));
        configs.insert(number, Arc::clone(&config));
        if configs.len() > REMEMBERED {
            configs.pop_first();
        }
        config
    }

    pub(crate) fn config(&self, number: u32) -> Option<Arc<Config>> {
        locked(&self.configs).get(&number).cloned()
    }
}

impl Config {
    fn new(number: u32) -> Self {
        let rules = rules(number);
        let json: Vec<&Value> = rules.iter().map(|rule| &rule.json).collect();
        let version = number.to_string();
        let text = json!({"format": "codeid/1", "version": version, "rules": json}).to_string();
        let config = RouteConfig::from_json(text.as_bytes(), &CompileLimits::default())
            .expect("the config is good");
        let matcher = ReferenceMatcher::new(&config);
        let answer = |&(code, open_id): &(&str, &str)| {
            let code_value = CodeValue::new(code).expect("a code value of an allowed length");
            let accepting = matcher.matching_rules(code_value);
            let decides = |&index: &usize| rules[index].admits(open_id);
            Answer::new(accepting.into_iter().find(decides).map(|i| &rules[i]), code)
        };
        Self {
            number,
            sha256: ConfigDigest::new(text.as_bytes()).to_string(),
            answers: PAIRS.iter().map(answer).collect(),
            text,
        }
    }

    pub(crate) fn answer(&self, pair: usize) -> &Answer {
        &self.answers[pair]
    }
}

impl Answer {
    fn new(rule: Option<&Rule>, code: &str) -> Self {
        let rendered = rule.map_or(Rendered::Unsupported, |rule| (rule.render)(code));
        let rule = rule.and_then(|rule| rule.json["id"].as_str().map(str::to_owned));
        let supported = !matches!(rendered, Rendered::Unsupported);
        let members: Vec<(&str, String)> = match rendered {
            Rendered::Unsupported => vec![],
            Rendered::Decode(text) => vec![
                ("postCodeMatchActionType", "DECODE".to_owned()),
                ("codeValue", text),
            ],
            Rendered::OpenUrl(url) => vec![
                ("postCodeMatchActionType", "OPEN_URL".to_owned()),
                ("redirectUrl", url),
                ("userAgent", USER_AGENT.to_owned()),
            ],
        };
        let mut body = json!({
            "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"},
            "isSupported": supported,
        });
        let mut fields = vec![("isSupported".to_owned(), u8::from(supported).to_string())];
        for (name, value) in members {
            body[name] = json!(value);
            fields.push((name.to_owned(), value));
        }
        Self { rule, body, fields }
    }
}

impl Rule {
    fn new(
        id: &str,
        number: u32,
        matches: Value,
        action: Value,
        render: impl Fn(&str) -> Rendered + 'static,
    ) -> Self {
        let id = format!("{id}-{number}");
        Self {
            json: json!({"id": id, "match": matches, "action": action}),
            canary: None,
            render: Box::new(render),
        }
    }

    /// Returns a rule that decodes to the number of its config, `infix` and the code value.
    fn decoding(id: &str, number: u32, matches: Value, infix: &'static str) -> Self {
        let action = json!({"type": "DECODE", "codeValue": format!("c{number}:{infix}{{code}}")});
        Self::new(id, number, matches, action, move |code| {
            Rendered::Decode(format!("c{number}:{infix}{code}"))
        })
    }

    fn admits(&self, open_id: &str) -> bool {
        let Some((hundredths, allowed)) = self.canary else {
            return true;
        };
        let id = OpenId::new(open_id).expect("an openId of an allowed length");
        open_id == allowed || Bucket::new("soak", id).get() < hundredths
    }
}

/// Returns the rules of a config. Their order, and what some do, depends on its number.
fn rules(number: u32) -> Vec<Rule> {
    let is_odd = number % 2 == 1;
    let mut rules = Vec::new();
    if is_odd {
        let action = json!({"type": "UNSUPPORTED"});
        let matches = json!({"prefix": "UN"});
        rules.push(Rule::new("carve", number, matches, action, |_| {
            Rendered::Unsupported
        }));
        rules.push(Rule::decoding("odd", number, json!({"exact": "ODD"}), ""));
    } else {
        rules.push(Rule::decoding("un", number, json!({"prefix": "UN"}), ""));
    }
    let percent = u16::try_from(number * 7 % 101).expect("at most 100");
    let mut canary = Rule::decoding("canary", number, json!({"prefix": "CAN"}), "canary:");
    canary.json["canary"] =
        json!({"percentage": percent, "group": "soak", "allowlist": ["user-1"]});
    canary.canary = Some((percent * 100, "user-1"));
    rules.push(canary);
    rules.push(Rule::decoding(
        "plain",
        number,
        json!({"prefix": "CA"}),
        "plain:",
    ));
    // Both accept the first pair, and the first of them decides.
    let wide = Rule::decoding("wide", number, json!({"prefix": "281"}), "wide:");
    let groups = Rule::new(
        "groups",
        number,
        json!({"regex": r"281(\d{3})04(?<rest>[0-9A-Za-z]{4,24})"}),
        json!({"type": "DECODE", "codeValue": format!("c{number}:{{1}}-{{rest}}")}),
        move |code| Rendered::Decode(format!("c{number}:{}-{}", &code[3..6], &code[8..])),
    );
    let (first, second) = if is_odd {
        (wide, groups)
    } else {
        (groups, wide)
    };
    rules.extend([first, second]);
    rules.push(Rule::decoding(
        "exact",
        number,
        json!({"exact": "EXACT"}),
        "exact:",
    ));
    for (id, url) in [
        ("url", json!({"host": "qr.example.com", "path": "/m"})),
        ("hosts", json!({"host": "*.example.com", "port": 8443})),
    ] {
        let template = format!("https://c{number}.example.com/{id}?code={{code:url}}");
        let action = json!({"type": "OPEN_URL", "redirectUrl": template, "userAgent": USER_AGENT});
        rules.push(Rule::new(
            id,
            number,
            json!({"url": url}),
            action,
            move |code| {
                let code = percent_encoded(code);
                Rendered::OpenUrl(format!("https://c{number}.example.com/{id}?code={code}"))
            },
        ));
    }
    let emv = json!({"emv": {"tags": {"53": "764"}, "checkCrc": false}});
    rules.push(Rule::decoding("emv", number, emv, "emv:"));
    let hello = json!({"regex": "(?i)hello.*"});
    rules.push(Rule::decoding("hello", number, hello, "hello:"));
    let pay = json!({"regex": r".*\bpay\b.{2,20}[!x]"});
    rules.push(Rule::decoding("pay", number, pay, "pay:"));
    // From 2 to 120 KB.
    let fillers = [20, 200, 1000][(number % 3) as usize];
    rules.extend((0..fillers).map(|filler| {
        let prefix = json!({"prefix": format!("filler-{filler:05}")});
        Rule::decoding(&format!("filler-{filler}"), number, prefix, "")
    }));
    rules
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Returns the number of the config that the text of an answer names, as `c7:…` or
/// `https://c7.example.com/…`.
pub(crate) fn named_in(text: &str) -> Option<u32> {
    let rest = text.strip_prefix("https://").unwrap_or(text);
    let digits = rest.strip_prefix('c')?;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    digits[..end].parse().ok()
}

/// Returns the number of the config that the ID of a rule names, as `exact-7`.
pub(crate) fn named_in_rule(id: &str) -> Option<u32> {
    id.rsplit_once('-')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use codeid_engine::{RouteTable, Scratch};

    use super::*;

    #[test]
    fn configs_compile_and_name_themselves() {
        let oracle = Oracle::default();
        let mut scratch = Scratch::new();
        for number in 1..=6 {
            let config = oracle.next();
            assert_eq!(config.number, number);
            assert!(config.text.len() <= 131_072, "{}", config.text.len());
            let table =
                RouteTable::from_json(config.text.as_bytes(), &CompileLimits::default()).unwrap();
            for (pair, (code, open_id)) in PAIRS.into_iter().enumerate() {
                let answer = config.answer(pair);
                let (code, id) = (CodeValue::new(code).unwrap(), OpenId::new(open_id).unwrap());
                let rule = table.identify(code, id, &mut scratch).rule;
                assert_eq!(rule.map(|rule| rule.as_str()), answer.rule.as_deref());
                let text = answer.fields.get(2).map(|(_, text)| text.as_str());
                let named = text.and_then(named_in);
                assert!(named == Some(number) || (named.is_none() && pair >= NAMING));
            }
        }
    }
}
