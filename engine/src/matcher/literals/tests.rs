use super::{Buckets, Literals, MAX_BUCKET, Sink};
use crate::matcher::segment::Literal;

impl Sink<u32> for Vec<u32> {
    fn wants(&self, _target: u32) -> bool {
        true
    }

    fn found(&mut self, target: u32, _length: usize) {
        self.push(target);
    }
}

/// Pseudo-random numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn text(&mut self, alphabet: &[u8], max: usize) -> String {
        let length = 1 + self.below(max);
        (0..length)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }
}

fn begins_with(text: &str, literal: &Literal) -> bool {
    text.get(..literal.text.len()).is_some_and(|start| {
        start == &*literal.text || literal.any_case && start.eq_ignore_ascii_case(&literal.text)
    })
}

#[test]
fn hashing_finds_the_literals_that_a_scan_finds() {
    let mut numbers = Numbers(1);
    for round in 0..300 {
        let (alphabet, max) = [(&b"ab"[..], 12), (b"aAbB/", 6), (b"abcdefgh", 90)][round % 3];
        let mut literals: Vec<Literal> = (0..1 + numbers.below(200))
            .map(|_| {
                let text = numbers.text(alphabet, max);
                if numbers.below(3) == 0 {
                    Literal::any_case(&text)
                } else {
                    Literal::exact(&text)
                }
            })
            .collect();
        literals.sort_by(|a, b| (&a.text, a.any_case).cmp(&(&b.text, b.any_case)));
        literals.dedup();
        let numbered = literals.iter().cloned().zip(0..).collect();
        let mut index = Literals::new();
        let set = index.add(numbered, None);
        for _ in 0..50 {
            let mut text = literals[numbers.below(literals.len())].text.to_string();
            text.push_str(&numbers.text(alphabet, max));
            if numbers.below(2) == 0 {
                text.make_ascii_uppercase();
            }
            text.truncate(1 + numbers.below(text.len()));
            let mut found = Vec::new();
            index.find_prefixes(set, text.as_bytes(), &mut found);
            found.sort_unstable();
            let expected: Vec<u32> = (0..)
                .zip(&literals)
                .filter(|(_, literal)| begins_with(&text, literal))
                .map(|(number, _)| number)
                .collect();
            assert_eq!(found, expected, "{text:?} in {literals:?}");
        }
    }
}

#[test]
fn buckets_are_small_if_literals_differ_within_a_window() {
    let mut literals: Vec<Literal> = (0..1000)
        .map(|i| Literal::exact(&format!("https://qr{i}.example/p{}", i % 7)))
        .chain((0..500).map(|i| Literal::exact(&format!("28{i:03}04"))))
        .collect();
    let largest = Buckets::sort(&mut literals, |l| l.text.as_bytes())
        .all
        .iter()
        .map(|b| b.len)
        .max();
    assert!(largest <= Some(MAX_BUCKET), "{largest:?}");
}
