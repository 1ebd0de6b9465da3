//! The configs with which the search begins: hostile ones, the workloads and families of the benches, and drawn
//! configs.

use std::io;

use codeid_benches::random::Random;
use codeid_benches::{
    FamilyCodes, Template, Workload, deep_prefixes, long_near_matches, refused_prefixes,
    refusing_canaries, thousand_remainders,
};
use codeid_generate::{Case, Entropy};
use serde_json::json;

use crate::candidate::Candidate;

/// The bytes of entropy of a drawn config.
const ENTROPY: usize = 1024;

/// Returns configs that were written to be slow.
pub(crate) fn hostile() -> Vec<Candidate> {
    let patterns = |name: &str, count: usize, pattern: &dyn Fn(usize) -> String, code: String| {
        let matches = (0..count).map(|n| json!({ "regex": pattern(n) }));
        Candidate::new(name, matches, code)
    };
    let letter = |n: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[n % 26]);
    let mut all = vec![
        patterns(
            "texts anywhere",
            300,
            &|n| format!(".*shop{n:03}.*"),
            "shop0".repeat(1600),
        ),
        patterns(
            "two texts anywhere",
            40,
            &|n| format!(".*{}a.*{}b.*", letter(n), letter(n + 7)),
            "abcdefgh".repeat(1000),
        ),
        patterns(
            "counted classes",
            20,
            &|n| format!(".*[a-c].{{{}}}[x-z].*!x", 40 + n),
            "ax".repeat(4000),
        ),
        patterns(
            "counted classes in turn",
            200,
            &|n| format!("x[^a]{{{},{}}}a[^b]{{2,30}}b{n}", n % 9, n % 9 + 20),
            "x".repeat(1000),
        ),
        patterns(
            "choices",
            20,
            &|n| format!("(?:ab|cd){{200}}x{n}"),
            "abcd".repeat(200),
        ),
        patterns(
            "runs in turn",
            50,
            &|n| format!("(?:[a-z]+[0-9]+)*-{n}"),
            "a1".repeat(4000),
        ),
        patterns(
            "assertions",
            4,
            &|n| format!(r".*\b[a ].{{20}}\b.*[!x]{n}"),
            "a ".repeat(4000),
        ),
        patterns(
            "wide classes",
            300,
            &|n| format!("{n}[à-ÿ中-丰а-я]{{2,40}}[^é]*é{n}"),
            format!("7{}", "中а".repeat(500)),
        ),
        patterns(
            "folded letters",
            100,
            &|n| format!("(?i)ks[^/]*s{n}.*"),
            "ksſK".repeat(2000),
        ),
        patterns(
            "optional letters",
            30,
            &|n| format!("{}x{n}", "a?b?".repeat(20)),
            "ab".repeat(20),
        ),
        patterns(
            "beginnings that differ late",
            500,
            &|n| format!("{}{n:03}[a-z]*", "a".repeat(60)),
            "a".repeat(63),
        ),
    ];
    let objects = "2604000A".repeat(1000);
    let emv = (0..200).map(|n| match n % 3 {
        0 => json!({ "emv": { "guid": format!("A0000006{n:03}"), "checkCrc": false } }),
        1 => json!({ "emv": { "guid": format!("B{n}"), "allowEmpty": true, "checkCrc": false } }),
        _ => json!({ "emv": { "tags": { "26.00": format!("{n}"), "53": "764" }, "checkCrc": false } }),
    });
    all.push(Candidate::new(
        "payloads of many objects",
        emv,
        format!("000201{objects}"),
    ));
    let mut groups = patterns(
        "groups that the library finds",
        4,
        &|n| format!(r"28(\d+)(\d{{{}}})", 8 + n),
        format!("28{}", "1".repeat(8000)),
    );
    for rule in &mut groups.rules {
        rule["action"]["codeValue"] = json!("x{1}-{2}");
    }
    all.push(groups);
    let urls = (0..300).map(|n| json!({ "url": { "host": format!("*.a{n}.example") } }));
    all.push(Candidate::new(
        "hosts of many labels",
        urls,
        format!("https://{}", "a.".repeat(2000)),
    ));
    let prefixes = (1..250).rev().map(|n| json!({ "prefix": "ab".repeat(n) }));
    let mut refused = Candidate::new("groups of canaries that refuse", prefixes, "ab".repeat(250));
    for (n, rule) in refused.rules.iter_mut().enumerate() {
        rule["canary"] = json!({ "percentage": 0.01, "group": format!("g{}", n % 50) });
    }
    all.push(refused);
    let mut trimmed = patterns(
        "trimmed",
        2,
        &|n| format!(r"\s*a{n}.*"),
        format!(" {}a", "\u{3000}".repeat(4000)),
    );
    trimmed.trims = true;
    all.push(trimmed);
    all
}

/// Returns the adversarial workloads of the benches.
pub(crate) fn workloads() -> Vec<Candidate> {
    let workloads = [
        ("long near matches", long_near_matches(4)),
        ("a thousand remainders", thousand_remainders(4)),
        ("deep prefixes", deep_prefixes(4)),
        ("refused prefixes", refused_prefixes(4)),
        ("refusing canaries", refusing_canaries(13, 4)),
    ];
    let candidates = workloads
        .iter()
        .flat_map(|(name, workload)| of_workload(name, workload));
    candidates.collect()
}

/// Returns the families of the benches.
///
/// # Errors
///
/// If the file of real codes, from which one may be derived, cannot be read.
pub(crate) fn families() -> io::Result<Vec<Candidate>> {
    let mut all = Vec::new();
    for family in codeid_benches::families()? {
        for (rules, template, codes) in [
            (30, Template::Group, FamilyCodes::Usual),
            (300, Template::Code, FamilyCodes::Long),
        ] {
            let workload = family.workload(rules, template, codes, 2);
            all.extend(of_workload(family.name(), &workload));
        }
    }
    Ok(all)
}

/// Draws a config as the property tests do.
pub(crate) fn drawn(random: &mut Random) -> Candidate {
    let bytes: Vec<u8> = (0..ENTROPY / 8)
        .flat_map(|_| random.number().to_le_bytes())
        .collect();
    let case = Case::draw(&mut Entropy::new(&bytes));
    let code = case.codes[random.below(case.codes.len())].clone();
    Candidate::from_config("drawn", &case.config_json(), code).expect("generated configs are valid")
}

/// Returns the rules of `workload` with each of its code values.
fn of_workload(name: &str, workload: &Workload) -> Vec<Candidate> {
    let json = workload.config_json();
    let of_code = |code: &String| Candidate::from_config(name, &json, code.clone());
    workload.codes.iter().filter_map(of_code).collect()
}

#[cfg(test)]
mod tests {
    use codeid_engine::{CodeValue, CompileLimits, RouteConfig};

    use super::{Candidate, hostile, workloads};

    #[test]
    fn seeds_are_configs_with_rules_and_code_values() {
        let mut all: Vec<Candidate> = hostile();
        // Those of the workloads do not all fit.
        let rules = |all: &[Candidate]| all.iter().map(|seed| seed.rules.len()).sum::<usize>();
        let written = rules(&all);
        all.iter_mut()
            .for_each(|seed| drop(seed.fitted_config_json()));
        assert_eq!(rules(&all), written);
        all.append(&mut workloads());
        for mut seed in all {
            let json = seed.fitted_config_json();
            assert!(!seed.rules.is_empty(), "{}", seed.origin);
            assert!(CodeValue::new(&seed.code).is_ok(), "{}", seed.origin);
            let config = RouteConfig::from_json(json.as_bytes(), &CompileLimits::default());
            if let Err(error) = config {
                panic!("{}: {:?}", seed.origin, error.problems());
            }
        }
    }
}
