//! The engine against the reference matcher, on generated cases.

use std::fmt;

use codeid_engine::{
    CodeValue, CompileLimits, OpenId, ReferenceMatcher, RouteConfig, RouteTable, Scratch,
};
use codeid_generate::{Case, Entropy};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

/// A case that is generated from the bytes of a fuzzer. Its `Debug` form is JSON.
pub struct GeneratedCase(pub Case);

impl<'a> Arbitrary<'a> for GeneratedCase {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let bytes = bytes.bytes(bytes.len())?;
        Ok(Self(Case::draw(&mut Entropy::new(bytes))))
    }
}

impl fmt::Debug for GeneratedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Checks that the config compiles, that the rules that accept a code are those of the reference
/// matcher, in order, and that the first of them that admits the openId decides.
///
/// # Panics
///
/// If the property does not hold.
pub fn engine_vs_reference(case: &Case) {
    let json = case.config_json();
    let parsed = RouteConfig::from_json(json.as_bytes(), &limits());
    let compiled = parsed.and_then(|config| {
        let table = RouteTable::compile(&config, &limits())?;
        Ok((config, table))
    });
    let (config, table) = match compiled {
        Ok(compiled) => compiled,
        // One case in thousands exceeds the limits on cost.
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
                "{:?} matches {expected:?}, the engine finds {indexes:?}: {case:?}",
                code.as_str(),
            );
            let winner = explained.iter().position(|rule| rule.admission.admits());
            for (index, rule) in explained.iter().enumerate() {
                assert_eq!(rule.decides, Some(index) == winner, "{case:?}");
            }
            let expected = winner.map(|index| explained[index].rule);
            let verdict = table.identify(code, open_id, &mut scratch);
            assert!(
                verdict.rule == expected,
                "{:?} is decided by {expected:?}, in the engine by {:?}: {case:?}",
                code.as_str(),
                verdict.rule,
            );
        }
    }
}

/// Limits that are high enough for nearly all generated cases.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_rule_states *= 10;
    limits.max_states *= 10;
    limits.max_code_steps *= 10;
    limits
}
