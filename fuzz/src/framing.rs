//! Any bytes, as what a HTTP client sends.

use codeid::server::Framing;

/// The most places at which the bytes are split, one after the other.
const MAX_SPLITS: usize = 256;

/// However the bytes are split into reads, the same request is refused, or none; and what was
/// refused stays so, whatever follows.
pub fn framing(bytes: &[u8]) {
    let whole = refused(bytes, &[]);
    let every: Vec<_> = (0..bytes.len()).collect();
    assert_eq!(refused(bytes, &every), whole);
    for at in every.iter().step_by(bytes.len() / MAX_SPLITS + 1) {
        assert_eq!(refused(bytes, &[*at]), whole);
    }
}

/// Which request is refused, of bytes that arrive in pieces.
fn refused(bytes: &[u8], ends: &[usize]) -> Option<u64> {
    let (mut framing, mut watched, mut refused) = (Framing::new(), 0, None);
    for end in ends.iter().copied().chain([bytes.len()]) {
        framing.watch(&bytes[watched..end]);
        watched = end;
        assert!(refused.is_none() || framing.refused() == refused);
        refused = framing.refused();
    }
    refused
}
