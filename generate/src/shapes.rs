//! Families of rules in shapes that people write: URLs with free parts, numbers with fixed fields,
//! payloads searched for a text.

use crate::pattern::{Item, Node};
use crate::{Entropy, Match, Pattern, pattern::Property};

/// Draws 2 to 12 patterns of one shape. They differ by few numbers, so that several
/// accept the same code.
pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Vec<Match> {
    let shape = entropy.one_of(SHAPES);
    let size = entropy.within(2..=12);
    let pattern = |_| {
        let number = entropy.below(4).to_string();
        let mut pattern = Pattern::new(Node::Concat(shape(&number, entropy)));
        pattern.ignore_case = entropy.chance(15);
        Match::Regex(pattern)
    };
    (0..size).map(pattern).collect()
}

/// Draws the parts of a pattern with a number.
type Shape = fn(&str, &mut Entropy<'_>) -> Vec<Node>;

const SHAPES: &[Shape] = &[
    subdomains,
    text_anywhere,
    number_inside,
    fixed_fields,
    parameter_after_others,
    alternatives,
    parameter_in_any_order,
    payload,
    checksum_after_a_run,
    name_of_letters,
];

/// `https?://(?:[a-z0-9-]+\.)*shop1\.example/.*`
fn subdomains(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let label = vec![some(class(HOST), 1, None), literal(".")];
    vec![
        literal("http"),
        some(literal("s"), 0, Some(1)),
        literal("://"),
        some(Node::Concat(label), 0, None),
        literal(&format!("shop{number}.example/")),
        end(entropy),
    ]
}

/// `https?://.*shop1\.example.*`
fn text_anywhere(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    vec![
        literal("http"),
        some(literal("s"), 0, Some(1)),
        literal("://"),
        any(),
        literal(&format!("shop{number}.example")),
        end(entropy),
    ]
}

/// `[0-9]{2}411[0-9]{2,6}`
fn number_inside(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let digits = || class(&[Item::Range('0', '9')]);
    let least = u32::from(entropy.chance(50)) + 1;
    vec![
        some(digits(), least, Some(2)),
        literal(&format!("41{number}")),
        group(some(digits(), 2, Some(6)), entropy),
    ]
}

/// `SG\d\dAB1\d{3,8}(?:-[A-Z0-9]{1,4})?`
fn fixed_fields(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let suffix = vec![literal("-"), some(class(UPPER), 1, Some(4))];
    vec![
        literal("SG"),
        Node::Perl('d'),
        Node::Perl('d'),
        literal(&format!("AB{number}")),
        group(some(Node::Perl('d'), 3, Some(8)), entropy),
        some(Node::Concat(suffix), 0, Some(1)),
    ]
}

/// `[a-z]+://shop1\.example/pay\?(?:[a-z]+=[^&]*&)*id=\d+(?:&.*)?`
fn parameter_after_others(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let lower = || some(class(&[Item::Range('a', 'z')]), 1, None);
    let other = vec![
        lower(),
        literal("="),
        some(except('&'), 0, None),
        literal("&"),
    ];
    vec![
        lower(),
        literal(&format!("://shop{number}.example/pay?")),
        some(Node::Concat(other), 0, None),
        literal("id="),
        group(some(Node::Perl('d'), 1, None), entropy),
        some(Node::Concat(vec![literal("&"), any()]), 0, Some(1)),
    ]
}

/// `https://(?:a1\.example|b\.example|b1\.example)/(?:x|y|ya)/[\w-]{1,8}`
fn alternatives(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let hosts = [
        format!("a{number}.example"),
        "b.example".to_owned(),
        format!("b{number}.example"),
    ];
    let paths = ["x", "y", "ya", "yab"];
    let paths = paths[..entropy.within(2..=4)].iter();
    vec![
        literal("https://"),
        Node::Alternate(hosts.iter().map(|host| literal(host)).collect()),
        literal("/"),
        Node::Alternate(paths.map(|path| literal(path)).collect()),
        literal("/"),
        group(
            some(class(&[Item::Perl('w'), Item::Char('-')]), 1, Some(8)),
            entropy,
        ),
    ]
}

/// `https://[^/]+/[^?]*\?(?:.*&)?key=1(?:&.*)?`
fn parameter_in_any_order(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    vec![
        literal("https://"),
        group(some(except('/'), 1, None), entropy),
        literal("/"),
        some(except('?'), 0, None),
        literal("?"),
        some(Node::Concat(vec![any(), literal("&")]), 0, Some(1)),
        literal(&format!("key={number}")),
        some(Node::Concat(vec![literal("&"), any()]), 0, Some(1)),
    ]
}

/// `000201.*0016A00000061.*5303764.*6304[0-9A-F]{4}`
fn payload(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let mut nodes = vec![
        literal("000201"),
        any(),
        literal(&format!("0016A0000006{number}")),
        any(),
    ];
    if entropy.chance(50) {
        nodes.extend([literal("5303764"), any()]);
    }
    let hex = class(&[Item::Range('0', '9'), Item::Range('A', 'F')]);
    nodes.extend([literal("6304"), some(hex, 4, Some(4))]);
    nodes
}

/// `(?:lnbc|lntb)[0-9]+[munp]?1[02-9ac-hj-np-z]{2,8}xy1`
fn checksum_after_a_run(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    let data = [
        Item::Char('0'),
        Item::Range('2', '9'),
        Item::Char('a'),
        Item::Range('c', 'h'),
        Item::Range('j', 'n'),
        Item::Range('p', 'z'),
    ];
    let unit = ['m', 'u', 'n', 'p'].map(Item::Char);
    vec![
        Node::Alternate(vec![literal("lnbc"), literal("lntb")]),
        some(class(&[Item::Range('0', '9')]), 1, None),
        some(class(&unit), 0, Some(1)),
        literal("1"),
        group(some(class(&data), 2, Some(8)), entropy),
        literal(&format!("xy{number}")),
    ]
}

/// `店1[\p{IsHan}A-Za-z0-9]{2,6}:\d{2,}`
fn name_of_letters(number: &str, entropy: &mut Entropy<'_>) -> Vec<Node> {
    vec![
        literal(&format!("店{number}")),
        group(
            some(Node::Property(&HAN_OR_ALPHANUMERIC), 2, Some(6)),
            entropy,
        ),
        literal(":"),
        some(Node::Perl('d'), 2, None),
    ]
}

const HAN_OR_ALPHANUMERIC: Property = Property {
    route_config: r"[\p{IsHan}A-Za-z0-9]",
    regex_crate: r"[\p{Han}A-Za-z0-9]",
    samples: &["店", "a", "Z", "7"],
};

const HOST: &[Item] = &[
    Item::Range('a', 'z'),
    Item::Range('0', '9'),
    Item::Char('-'),
];

const UPPER: &[Item] = &[Item::Range('A', 'Z'), Item::Range('0', '9')];

fn literal(text: &str) -> Node {
    Node::Literal(text.to_owned())
}

fn class(items: &[Item]) -> Node {
    Node::Class {
        negated: false,
        items: items.to_vec(),
    }
}

fn except(character: char) -> Node {
    Node::Class {
        negated: true,
        items: vec![Item::Char(character)],
    }
}

fn any() -> Node {
    some(Node::Dot, 0, None)
}

/// Draws an end of a pattern: anything, or a class run.
fn end(entropy: &mut Entropy<'_>) -> Node {
    match entropy.below(3) {
        0 => some(class(HOST), 0, None),
        1 => group(any(), entropy),
        _ => any(),
    }
}

/// Returns `node`, as a group in half of the cases.
fn group(node: Node, entropy: &mut Entropy<'_>) -> Node {
    match entropy.chance(50) {
        true => Node::Capture(None, Box::new(node)),
        false => node,
    }
}

fn some(node: Node, min: u32, max: Option<u32>) -> Node {
    Node::Repeat {
        node: Box::new(node),
        min,
        max,
        lazy: false,
    }
}
