//! Shapes found in public rule sets. Each names its source; the words are ours.

use super::names::{host, letters, name};
use super::shapes::{EMV, Shape, URL};

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The pieces of log lines.
const LOG: &[&str] = &[
    "root",
    " ",
    "user",
    "10.0.0.7",
    " from ",
    "port",
    ": ",
    "error",
    "[",
    "]",
    "closed",
    " by ",
    "22",
    "-",
    "preauth",
    "invalid",
    "ssh2",
    "0",
    ".",
    "id=",
    "(",
    ")",
    "connection",
    "timeout",
];
/// The pieces of the parameters of a request.
const PARAMETERS: &[&str] = &[
    "id", "=", "&", "+", "%20", "1", "select", "from", "%53", "user", "q", "%6C", "where", "a",
    "page", "2", "%", "E", "union", "x", "sort", "(", ")", "%27",
];
/// The pieces of user agents.
const AGENT: &[&str] = &[
    "Mozilla/5.0",
    " ",
    "(",
    ")",
    "; ",
    "Linux",
    "Android",
    "10",
    "AppleWebKit/537.36",
    "like",
    "Gecko",
    "Mobile",
    "Safari",
    "bot",
    "compatible",
    "+http://",
    ".html",
    "Version/",
    "4.0",
    "U",
];
/// The pieces of a line of source text around a secret.
const SOURCE: &[&str] = &[
    "key", " ", "=", ":", "\"", "token", "a1b2c3d4", "api", "_", "-", "secret", "e5f6", "'", "0",
    "client", ".", "9", "id",
];

/// The routes of an app with optional locale, parameters of one segment each, and a query, as routers
/// such as `button/DeepLinkKit` (README.md) and `chinabrant/URLRewriter` (its example) compile them.
pub(super) fn deep_links(n: usize) -> Shape {
    let (host, section) = (host(n / 8), name(n / 8 + 900));
    let [what, then] = [
        ["product", "order", "user", "store"][n % 4],
        ["reviews", "pay"][n / 4 % 2],
    ];
    Shape::new(
        format!(
            r"(?:https?://(?:www\.)?{host}|{section}:/)/(?:[a-z]{{2}}(?:-[a-z]{{2}})?/)?{what}s?/([^/?#]+)/{then}/?(?:\?.*)?"
        ),
        URL,
    )
}

/// Two words with anything between them, each letter plain or percent-encoded, as in
/// `comotion/VSF` (vcl/rules/sql.encoded.vcl).
pub(super) fn encoded_words(n: usize) -> Shape {
    let [first, second] = [letters(n, UPPER, 4), letters(n + 77_777, UPPER, 3)].map(|word| {
        let letter = |letter: u8| {
            let [high, low] = [letter >> 4, letter & 15];
            format!("(?:{}|%[{high}{}]{low:X})", char::from(letter), high + 2)
        };
        word.bytes().map(letter).collect::<String>()
    });
    Shape::new(
        format!(r"(?i).*{first}(?: |%20|\+)+([^&]*)(?: |%20|\+){second}.*"),
        PARAMETERS,
    )
}

/// A secret behind the name of a service and an assignment, with bounded runs before and between, as
/// in `gitleaks/gitleaks` (as of `Wicker25/PromptGuard` src/core/secrets.ts).
pub(super) fn secrets(n: usize) -> Shape {
    let service = name(n);
    let (alphabet, length) = [("a-f0-9", 32), ("a-z0-9", 24), ("a-z0-9_-", 40)][n % 3];
    Shape::new(
        format!(
            r#"(?i)[\w.-]{{0,50}}{service}[ \w.-]{{0,20}}[ '"]{{0,3}}(?:=|>|:{{1,3}}=|:|=>|,)[ '"=]{{0,5}}([{alphabet}]{{{length}}})(?:['" ;].*)?"#
        ),
        SOURCE,
    )
}

/// Words in a certain order with gaps, as in `ua-parser/uap-core` (as of `xiaomatech/dataops`
/// stacks/XIAOMATECH/1.0/services/NGINX/package/files/resty/uap/patterns.lua).
pub(super) fn user_agents(n: usize) -> Shape {
    let [system, other] =
        [n, n + 1].map(|i| ["iPhone", "Android", "Windows Phone", "Nokia"][i % 4]);
    let robot = name(n);
    Shape::new(
        format!(
            r"(.*)(?:{system}|{other}).*(?:{robot}-Mobile|{robot}bots?/\d|(?:bot|spider)\.{robot}\.html).*"
        ),
        AGENT,
    )
}

/// Lines of system logs, from the time on, as in `serverfarmer/sf-log-monitor`
/// (rules/local-farmer.tpl).
pub(super) fn log_lines(n: usize) -> Shape {
    let program = name(n / 4);
    let message = [
        r"Connection (?:closed|reset) by ([0-9.]+) port [0-9]+ \[preauth\]",
        r"(?:error: )?Received disconnect from ([0-9.]+)(?: port [0-9]+)?:[0-9]+: .*(?: \[preauth\])?",
        r"message repeated [0-9]+ times: \[ Failed password for (.*) from [0-9.]+ port [0-9]+ ssh2\]",
        r"\([a-z]+\) CMD \(/usr/lib/jobs/([a-z0-9-]+)/cron/[a-z0-9-]+\.sh\)",
    ][n % 4];
    Shape::new(
        format!(r"\w{{3}} [ :0-9]{{11}} [._A-Za-z0-9-]+ {program}\[[0-9]+\]: {message}"),
        LOG,
    )
}

/// Codes of payment schemes: addresses of coins, Pix payloads and UPI links of one payee each, as
/// distinguished in `mewwallet/mew-wallet-ios-kit` (NSRegularExpression+RawQRCode.swift),
/// `rprata/pixcode` (README.md) and the parsers of wallets.
pub(super) fn payment_schemes(n: usize) -> Shape {
    let payee = name(n);
    match n % 4 {
        0 => {
            let prefix = letters(n, b"0123456789abcdef", 4);
            Shape::new(
                format!(r"(?:ethereum:)?0x{prefix}([0-9a-fA-F]{{36}})(?:[@?].*)?"),
                URL,
            )
        }
        1 => {
            let prefix = letters(n, b"023456789acdefghjklmnpqrstuvwxyz", 3);
            Shape::new(
                format!(
                    r"(?:(?i)bitcoin:)?(?:[13]|[bB][cC]1[pPqQ]){prefix}([a-zA-Z0-9]{{22,55}})(?:\?.*)?"
                ),
                URL,
            )
        }
        2 => Shape::new(
            format!(
                r"000201.*0014(?:br\.gov\.bcb\.pix|BR\.GOV\.BCB\.PIX)(?:01|25)\d\d(.*){payee}.*6304[0-9A-F]{{4}}"
            ),
            EMV,
        ),
        _ => Shape::new(
            format!(r"(?i)upi://pay\?(?:[a-z]+=[^&]*&)*pa={payee}@([a-z]{{3,12}})(?:&.*)?"),
            URL,
        ),
    }
}
