//! The lookups whose instructions are counted.

use std::hint::black_box;
use std::io;

use codeid_benches::{Codeid, Engine, FamilyCodes, Template, families};

/// The number of rules. Compiling is not counted, but takes time in callgrind.
const RULES: usize = 30;

/// The number of lookups that are counted.
pub(crate) const LOOKUPS: usize = 200;

/// The word that [`look_up`] prints if the engine refuses the rules.
pub(crate) const REFUSED: &str = "refused";

/// The name by which callgrind finds [`counted_lookups`].
pub(crate) const COUNTED: &str = "*counted_lookups*";

/// Looks the codes of a family up twice. The second time, nothing grows any more; it is what counts.
///
/// # Errors
///
/// If no family has the name.
pub(crate) fn look_up(name: &str) -> io::Result<()> {
    let families = families()?;
    let family = families.iter().find(|family| family.name() == name);
    let family = family.ok_or_else(|| io::Error::other(format!("no family is {name}")))?;
    let workload = family.workload(RULES, Template::Code, FamilyCodes::Usual, LOOKUPS);
    let Ok(mut codeid) = Codeid::within_default_limits(&workload) else {
        return io::Write::write_all(&mut io::stdout(), REFUSED.as_bytes());
    };
    black_box(codeid.count_hits(&workload.codes));
    black_box(counted_lookups(&mut codeid, &workload.codes));
    Ok(())
}

/// Looks `codes` up. It is not inlined, so that callgrind finds where it begins and ends.
#[inline(never)]
fn counted_lookups(codeid: &mut Codeid, codes: &[String]) -> usize {
    codeid.count_hits(black_box(codes))
}
