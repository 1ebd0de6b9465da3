//! The shapes of the families. Each pattern has one group, which some templates insert.

use super::names::{han, host, letters, name, number};
use super::{derived, public, realistic};
use crate::random::Random;

/// A rule's pattern, as codeid writes it, and the texts with which its wide classes, such as `.*`,
/// are filled.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) pattern: String,
    pub(super) filler: &'static [&'static str],
}

/// The name of a family, and its rule of a number.
pub(super) type NamedShape = (&'static str, fn(usize) -> Shape);

/// The families, in the order of the reports.
pub(super) const SHAPES: &[NamedShape] = &[
    ("optional-subdomains", optional_subdomains),
    ("host-anywhere", host_anywhere),
    ("run-before", run_before),
    ("fixed-fields", fixed_fields),
    ("any-scheme", any_scheme),
    ("folded-hosts", folded_hosts),
    ("alternations", alternations),
    ("query-anywhere", query_anywhere),
    ("emv-text", emv_text),
    ("bech32", bech32),
    ("han-names", han_names),
    ("store-codes", store_codes),
    ("mixed", mixed),
    ("derived", derived_from_codes),
    ("deep-links", public::deep_links),
    ("encoded-words", public::encoded_words),
    ("secrets", public::secrets),
    ("user-agents", public::user_agents),
    ("log-lines", public::log_lines),
    ("payment-schemes", public::payment_schemes),
];

/// The number of families before `mixed`.
const MIXED: usize = 12;

const BECH32: &[u8] = b"023456789acdefghjklmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// The pieces of the tail of a URL.
pub(super) const URL: &[&str] = &[
    "order",
    "id",
    "=",
    "&",
    "/",
    "?",
    "ref",
    "pay",
    "shop",
    ".",
    "com",
    "-",
    "https",
    "12",
    "7f",
    "QR",
    "t",
    "x9",
    "utm_source",
    "%20",
    "m",
    "key",
    "A1B2",
    "0",
    "88",
];
/// The pieces of the data objects of an EMVCo payload.
pub(super) const EMV: &[&str] = &[
    "0102", "11", "12", "26", "30", "0016", "A000000", "677010", "5204", "5812", "5303", "764",
    "5802", "TH", "59", "07", "MERCHANT", "60", "BANGKOK", "62", "6304", "99", "0", "7",
];

impl Shape {
    pub(super) const fn new(pattern: String, filler: &'static [&'static str]) -> Self {
        Self { pattern, filler }
    }

    pub(super) const fn url(pattern: String) -> Self {
        Self::new(pattern, URL)
    }
}

fn optional_subdomains(n: usize) -> Shape {
    let host = host(n);
    Shape::url(format!(r"https?://(?:[a-z0-9-]+\.)*{host}/pay/(.*)"))
}

fn host_anywhere(n: usize) -> Shape {
    Shape::url(format!(r"https?://.*{}(.*)", host(n)))
}

/// A class run before the digits by which the rules differ.
fn run_before(n: usize) -> Shape {
    Shape::url(format!(r"[0-9]{{2}}{}([0-9]{{8,12}})", number(n)))
}

/// International bank account numbers.
fn fixed_fields(n: usize) -> Shape {
    let country = ["SG", "MY", "TH", "GB", "DE", "NL", "IT"][n % 7];
    let bank = letters(n, UPPER, 4);
    Shape::url(format!(
        r"{country}\d\d{bank}(\d{{10,18}})(?:-[A-Z0-9]{{1,4}})?"
    ))
}

fn any_scheme(n: usize) -> Shape {
    let host = host(n);
    Shape::url(format!(
        r"[a-z]+://{host}/pay\?(?:[a-z]+=[^&]*&)*id=(\d+)(?:&.*)?"
    ))
}

fn folded_hosts(n: usize) -> Shape {
    let path = ["pay", "m", "qr", "scan", "abc", "checkout"][n % 6];
    Shape::url(format!(
        r"(?i)https://(?:www\.)?{}/{path}(?:/|\?)(.*)",
        host(n)
    ))
}

fn alternations(n: usize) -> Shape {
    let [a, b, c] = [n, n + 20_000, n + 40_000].map(host);
    let [x, y, z] = [n, n + 1, n + 2].map(|i| ["pay", "qr", "m", "order", "s", "checkout"][i % 6]);
    Shape::url(format!(
        r"https://(?:{a}|{b}|{c})/(?:{x}|{y}|{z})/([\w-]{{4,64}})"
    ))
}

fn query_anywhere(n: usize) -> Shape {
    let key = ["key", "merchant", "mid", "store_id", "k"][n % 5];
    Shape::url(format!(
        r"https://[^/]+/([^?]*)\?(?:.*&)?{key}={}(?:&.*)?",
        number(n)
    ))
}

fn emv_text(n: usize) -> Shape {
    let currency = ["764", "458", "702", "360", "704", "608"][n % 6];
    let identifier = 77_010_111 + n * 37;
    Shape::new(
        format!(r"000201.*0016A0000006{identifier}(.*)5303{currency}.*6304[0-9A-F]{{4}}"),
        EMV,
    )
}

/// Lightning invoices that end in certain characters.
fn bech32(n: usize) -> Shape {
    let end = letters(n, BECH32, 3);
    Shape::url(format!(
        r"(?:lnbc|lntb)([0-9]+)[munp]?1[02-9ac-hj-np-z]{{20,60}}{end}"
    ))
}

fn han_names(n: usize) -> Shape {
    Shape::url(format!(
        r"{}([\p{{IsHan}}A-Za-z0-9]{{2,20}}):\d{{6,}}",
        han(n)
    ))
}

fn store_codes(n: usize) -> Shape {
    let name = name(n);
    Shape::url(format!(
        r"https?://(?:www\.|m\.)?{name}\.co/(?:checkout/v2|scan/in|r/store)/([A-Z0-9]{{6,20}})(?:[/?#].*)?"
    ))
}

/// The shapes before this one, in turn.
fn mixed(n: usize) -> Shape {
    let (_, shape) = SHAPES[n % MIXED];
    shape(n)
}

/// Patterns made from invented codes, as [`derived`] makes them from real ones.
fn derived_from_codes(n: usize) -> Shape {
    let code = realistic::code(&mut Random::new(n as u64));
    derived::shape_of(&code, n)
}
