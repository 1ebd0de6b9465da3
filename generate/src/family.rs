//! Families of rules that share a beginning, which a matcher might treat as one.

use crate::pattern::{Item, Node};
use crate::vocabulary::word;
use crate::{Entropy, Match, Pattern, UrlMatch};

/// Draws up to 24 matches that share something.
pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Vec<Match> {
    let size = if entropy.chance(30) {
        entropy.within(8..=24)
    } else {
        entropy.within(2..=6)
    };
    match entropy.below(8) {
        0 => nested(size, entropy),
        1 => late_difference(size, entropy),
        2 => hosts(size, entropy),
        3 => optional_beginning(size, entropy),
        4 => literal_inside(size, entropy),
        _ => behind_a_run(size, entropy),
    }
}

/// Draws texts, each of which begins with the one before it.
fn nested(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    let (begin, step) = entropy.one_of(&[
        ("", "a"),
        ("https://a.example/", "m/"),
        ("281", "0"),
        ("", "é"),
    ]);
    let nest = |depth: usize| begin.to_owned() + &step.repeat(depth + 1);
    (0..size)
        .map(|depth| match entropy.below(5) {
            3 => Match::Exact(nest(depth)),
            4 => regex(vec![literal(&nest(depth)), run(entropy)]),
            _ => Match::Prefix(nest(depth)),
        })
        .collect()
}

/// Draws patterns of one literal and one class run, which differ only after that.
fn late_difference(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    let begin = word(entropy);
    let run = run(entropy);
    let ends: Vec<Node> = (0..size)
        .map(|i| match entropy.below(4) {
            0 => literal(&format!("x{i}")),
            1 => literal(&format!("{i}")),
            2 => Node::Concat(vec![digits(2, Some(4)), literal(&format!("-{i}"))]),
            _ => literal(&"a".repeat(i + 1)),
        })
        .collect();
    ends.into_iter()
        .map(|end| regex(vec![literal(begin), run.clone(), end]))
        .collect()
}

/// Draws patterns of a literal, a class run, a literal that may begin inside the class, and various
/// ends.
fn behind_a_run(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    let begin = entropy.one_of(&[
        "https://",
        "a",
        "281",
        "https://a.example/",
        "HTTPS://",
        "é",
    ]);
    let run = run(entropy);
    let separator = entropy.one_of(&[".", "a", "-", "/", "0", "shop", "é"]);
    (0..size)
        .map(|i| {
            let number = entropy.below(4) + i / 4;
            let mut nodes = vec![
                literal(begin),
                run.clone(),
                literal(&format!("{separator}{number}")),
            ];
            match entropy.below(6) {
                0 => {}
                1 => nodes.push(repeat(Node::Dot, 0, None)),
                2 => nodes.extend([literal("/"), digits(4, Some(24))]),
                3 => nodes.push(Node::Capture(None, Box::new(repeat(Node::Dot, 1, None)))),
                4 => nodes.extend([repeat(literal("/"), 0, Some(1)), Node::Perl('w')]),
                _ => nodes.extend([repeat(Node::Dot, 0, None), literal("a")]),
            }
            if entropy.chance(10) {
                nodes[1] = self::run(entropy);
            }
            let mut pattern = Pattern::new(Node::Concat(nodes));
            pattern.ignore_case = entropy.chance(10);
            Match::Regex(pattern)
        })
        .collect()
}

/// Draws hosts and paths beside and below one another.
fn hosts(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    (0..size)
        .map(|i| {
            let mut url = UrlMatch::draw(entropy);
            if entropy.chance(30) {
                url.host = format!("shop{}.example", i / 2);
            }
            Match::Url(url)
        })
        .collect()
}

/// Draws patterns that begin with a choice of a few literals.
fn optional_beginning(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    let choice = ["www.", "m.", "a"];
    (0..size)
        .map(|i| {
            let hosts = choice[..entropy.within(1..=3)]
                .iter()
                .map(|host| literal(host))
                .collect();
            let mut nodes = vec![
                literal("http"),
                repeat(literal("s"), 0, Some(1)),
                literal("://"),
                repeat(Node::Alternate(hosts), 0, Some(1)),
                literal(&format!("shop{}.example/", i / 2)),
            ];
            if entropy.chance(70) {
                nodes.push(repeat(Node::Dot, 0, None));
            }
            let mut pattern = Pattern::new(Node::Concat(nodes));
            pattern.ignore_case = entropy.chance(30);
            Match::Regex(pattern)
        })
        .collect()
}

/// Draws patterns with a literal anywhere inside, as people write them for EMVCo payloads.
fn literal_inside(size: usize, entropy: &mut Entropy<'_>) -> Vec<Match> {
    let begin = entropy.one_of(&["000201", "a", "https://"]);
    (0..size)
        .map(|i| {
            let inner = if entropy.chance(50) {
                word(entropy).to_owned()
            } else {
                format!("53037{i}")
            };
            let any = || repeat(Node::Dot, 0, None);
            let mut nodes = vec![literal(begin), any(), literal(&inner), any()];
            if entropy.chance(30) {
                nodes.extend([literal(word(entropy)), any()]);
            }
            if entropy.chance(30) {
                nodes.pop();
            }
            regex(nodes)
        })
        .collect()
}

fn regex(nodes: Vec<Node>) -> Match {
    Match::Regex(Pattern::new(Node::Concat(nodes)))
}

fn literal(text: &str) -> Node {
    Node::Literal(text.to_owned())
}

fn digits(min: u32, max: Option<u32>) -> Node {
    repeat(Node::Perl('d'), min, max)
}

fn repeat(node: Node, min: u32, max: Option<u32>) -> Node {
    Node::Repeat {
        node: Box::new(node),
        min,
        max,
        lazy: false,
    }
}

/// Draws a repeated class.
fn run(entropy: &mut Entropy<'_>) -> Node {
    let lower = [
        Item::Range('a', 'z'),
        Item::Range('0', '9'),
        Item::Char('-'),
    ];
    let class = |negated, items: &[Item]| Node::Class {
        negated,
        items: items.to_vec(),
    };
    let class = match entropy.below(6) {
        0 => class(false, &lower),
        1 => Node::Perl('d'),
        2 => class(false, &[Item::Range('a', 'z'), Item::Char('.')]),
        3 => class(true, &[Item::Char('/')]),
        4 => class(
            false,
            &[
                Item::Range('a', 'z'),
                Item::Range('é', 'é'),
                Item::Perl('d'),
            ],
        ),
        _ => Node::Perl('w'),
    };
    let (min, max) = entropy.one_of(&[
        (1, None),
        (0, None),
        (3, Some(3)),
        (1, Some(3)),
        (4, Some(24)),
        (2, None),
    ]);
    repeat(class, min, max)
}
