//! Adversarial workloads: rules and codes chosen to make a lookup slow.

use serde_json::json;

use crate::Workload;
use crate::random::Random;
use crate::shape::DIGITS;
use crate::workload::Rule;

/// The number of rules in each workload.
const RULES: usize = 1000;

/// 8192-byte codes that almost match many of a thousand rules. A few match, at their end.
#[must_use]
pub fn long_near_matches(code_count: usize) -> Workload {
    let rule = |n: usize| match n % 5 {
        0 => regex(&format!(r"https://[a-z0-9-]+\.shop{n}\.example/.*")),
        1 => regex(&format!(r"000201.*A0000006{n:08}.*")),
        2 => regex(&format!(r"281\d{{3}}04\d{{4,}}-{n:04}")),
        3 => regex(&format!(r"https://qr\.example/[^?]*\?id={n:04}")),
        _ => prefix(&format!("{}{n}", "https://qr.example/".repeat(4))),
    };
    let mut random = Random::new(8192);
    let code = |i: usize, random: &mut Random| {
        let mut code = String::new();
        let (begin, step): (&str, &[u8]) = match i % 4 {
            0 => ("https://", b"abcdefghijklmnopqrstuvwxyz0123456789-"),
            1 => ("000201", b"A0000006"),
            2 => ("281", DIGITS),
            _ => ("https://qr.example/", b"https://qr.example/?id=0"),
        };
        code.push_str(begin);
        if i % 4 == 1 {
            while code.len() < 8100 {
                code.push_str(&format!("A0000006{:07}", random.below(RULES)));
            }
        } else {
            let room = 8170 - code.len();
            random.fill(&mut code, step, room);
        }
        let n = random.below(RULES / 5) * 5;
        if random.below(10) == 0 {
            code.push_str(&match i % 4 {
                0 => format!(".shop{n}.example/"),
                1 => format!("A0000006{:08}", n + 1),
                2 => format!("-{:04}", n + 2),
                _ => format!("?id={:04}", n + 3),
            });
        }
        let room = 8192 - code.len();
        random.fill(&mut code, b"x", room * usize::from(i.is_multiple_of(2)));
        code
    };
    let codes = (0..code_count).map(|i| code(i, &mut random)).collect();
    Workload {
        rules: (0..RULES).map(rule).collect(),
        codes,
    }
}

/// A thousand rules that share a literal and three class runs and differ only behind them.
#[must_use]
pub fn thousand_remainders(code_count: usize) -> Workload {
    let rule = |n| {
        regex(&format!(
            r"https://qr\.example/m/\d{{2,6}}[a-f]{{2,9}}[g-z]{{1,5}}/s{n:04}"
        ))
    };
    let mut random = Random::new(1000);
    let codes = (0..code_count).map(|_| {
        let mut code = "https://qr.example/m/".to_owned();
        for (alphabet, range) in [(DIGITS, 2..7), (b"abcdef", 2..10), (b"ghijklmnop", 1..6)] {
            let count = random.within(range);
            random.fill(&mut code, alphabet, count);
        }
        // Half of these numbers belong to no rule.
        code + &format!("/s{:04}", random.below(2 * RULES))
    });
    Workload {
        codes: codes.collect(),
        rules: (0..RULES).map(rule).collect(),
    }
}

/// A thousand prefixes, each of which extends the next one by a digit.
#[must_use]
pub fn deep_prefixes(code_count: usize) -> Workload {
    let chain = chain();
    let begin = "https://";
    let rule = |n: usize| prefix(&chain[..begin.len() + RULES - n]);
    let mut random = Random::new(1001);
    let codes = (0..code_count).map(|_| {
        let mut code = chain[..random.within(4..chain.len())].to_owned();
        code.push('~');
        code
    });
    Workload {
        codes: codes.collect(),
        rules: (0..RULES).map(rule).collect(),
    }
}

/// [`deep_prefixes`] where every rule but the last refuses all openIds, so that a lookup has to find
/// all rules that match.
#[must_use]
pub fn refused_prefixes(code_count: usize) -> Workload {
    let mut workload = deep_prefixes(code_count);
    for rule in &mut workload.rules[..RULES - 1] {
        rule.refuses_all = true;
    }
    workload
}

/// Thirty-three rules that all accept every code, of which the first 40 % refuse the openId by their
/// percentages in `groups` groups, so that a lookup asks for as many buckets.
#[must_use]
pub fn refusing_canaries(groups: usize, code_count: usize) -> Workload {
    let rule = |n: usize| {
        let mut rule = prefix(&chain()[..8 + 33 - n]);
        if n < 33 * 2 / 5 {
            rule.refuses_all = true;
            rule.canary_group = Some(format!("rollout-{}", n % groups));
        }
        rule
    };
    let mut random = Random::new(33);
    let codes = (0..code_count).map(|_| {
        let mut code = chain()[..8 + 33].to_owned();
        let count = random.within(4..20);
        random.fill(&mut code, DIGITS, count);
        code
    });
    Workload {
        rules: (0..33).map(rule).collect(),
        codes: codes.collect(),
    }
}

fn chain() -> String {
    let mut chain = "https://".to_owned();
    Random::new(7).fill(&mut chain, DIGITS, RULES);
    chain
}

fn regex(pattern: &str) -> Rule {
    let peer_pattern = format!(r"\A(?:{})\z", pattern.replace(r"\d", "[0-9]"));
    Rule::new(json!({ "regex": pattern }), peer_pattern)
}

fn prefix(text: &str) -> Rule {
    Rule::new(
        json!({ "prefix": text }),
        format!(r"\A{}", ::regex::escape(text)),
    )
}
