//! A generated case, for the engine and for the reference matcher.

use std::fmt;

use codeid_engine::{
    CodeValue, CompileLimits, OpenId, ReferenceMatcher, RouteConfig, RouteTable, Scratch,
};
use codeid_generate::{Case, Entropy};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

/// A case, drawn from a fuzzer's bytes; prints as JSON.
pub struct Drawn(pub Case);

impl<'a> Arbitrary<'a> for Drawn {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let bytes = bytes.bytes(bytes.len())?;
        Ok(Self(Case::draw(&mut Entropy::new(bytes))))
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The config compiles; the rules that accept a code are the reference matcher's, in order; the
/// first of them that admits the openId decides.
pub fn engine_vs_reference(case: &Case) {
    let json = case.config_json();
    let parsed = RouteConfig::from_json(json.as_bytes(), &limits());
    let compiled = parsed.and_then(|config| {
        let table = RouteTable::compile(&config, &limits())?;
        Ok((config, table))
    });
    let (config, table) = match compiled {
        Ok(compiled) => compiled,
        // One in thousands of generated configs costs too much.
        Err(error)
            if error
                .problems()
                .iter()
                .all(|problem| problem.code().is_limit()) =>
        {
            return;
        }
        Err(error) => panic!("{error}: {case:?}"),
    };
    let reference = ReferenceMatcher::new(&config);
    let mut scratch = Scratch::new();
    for code in &case.codes {
        let code = CodeValue::new(code).expect("a generated code has an allowed length");
        let expected = reference.matching_rules(code);
        for open_id in &case.open_ids {
            let open_id = OpenId::new(open_id).expect("a generated openId has an allowed length");
            let explained = table.explain(code, open_id, &mut scratch);
            let indexes: Vec<usize> = explained.iter().map(|rule| rule.index).collect();
            assert!(
                indexes == expected,
                "{:?} matches {expected:?}, the engine says {indexes:?}: {case:?}",
                code.as_str(),
            );
            let winner = explained.iter().position(|rule| rule.admission.admits());
            for (place, rule) in explained.iter().enumerate() {
                assert_eq!(rule.decides, Some(place) == winner, "{case:?}");
            }
            let expected = winner.map(|place| explained[place].rule);
            let verdict = table.identify(code, open_id, &mut scratch);
            assert!(
                verdict.rule == expected,
                "{:?} is decided by {expected:?}, the engine says {:?}: {case:?}",
                code.as_str(),
                verdict.rule,
            );
        }
    }
}

/// High enough for every generated pattern.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_rule_states *= 10;
    limits.max_states *= 10;
    limits
}
