//! Every key there is: its type, bounds and default, and what it means.
//!
//! `config/codeid.toml` is written from this list, and a test holds the two equal.

use super::value::Kind;

/// One setting that a user may give.
#[derive(Debug)]
pub(crate) struct Key {
    /// The name in full, with dots.
    pub(crate) name: &'static str,
    /// What a value must be.
    pub(crate) kind: Kind,
    /// What holds if nobody gives one; `None`: nothing does.
    pub(crate) default: Option<&'static str>,
    /// What it means, in one or two lines.
    pub(crate) about: &'static str,
}

/// The keys that end in a key version, such as `proxy.public-keys.2`.
pub(crate) const PUBLIC_KEYS_PREFIX: &str = "proxy.public-keys.";

/// The type of the keys that begin with [`PUBLIC_KEYS_PREFIX`].
pub(crate) const PUBLIC_KEY: Kind = Kind::Path;

/// What they mean.
pub(crate) const PUBLIC_KEY_ABOUT: &str =
    "The upstream's public keys (PEM), each under its key version.";

/// Every key of a fixed name, grouped by table.
pub(crate) const KEYS: &[Key] = &[
    key(
        "listen.http",
        Kind::Address,
        Some("127.0.0.1:8080"),
        "Where to serve HTTP over TCP. Port 0 takes a free one, which the log names.",
    ),
    key(
        "listen.tls-cert-path",
        Kind::Path,
        None,
        "The certificate (PEM, with its chain) with which listen.http speaks TLS; without it, plain\n\
         HTTP. Both files are read again when they change.",
    ),
    key(
        "listen.tls-key-path",
        Kind::Path,
        None,
        "The private key (PEM) of that certificate, in a file for its owner only.",
    ),
    key(
        "listen.unix",
        Kind::Socket,
        Some("run/codeid.sock"),
        "Where to serve HTTP over a Unix socket. Its directory is made, with mode 0750, if missing.",
    ),
    key(
        "listen.unix-mode",
        Kind::Mode,
        Some("0660"),
        "The permissions of the Unix sockets of listen.unix and listen.resp, in octal.",
    ),
    key(
        "listen.unix-group",
        Kind::Text { max: 64 },
        None,
        "The group of these Unix sockets, by name or number; otherwise that of the process.",
    ),
    key(
        "listen.backlog",
        Kind::integer(1, 65_535, "connections"),
        Some("4096"),
        "How many connections may wait to be accepted; the kernel caps it at net.core.somaxconn.",
    ),
    key(
        "listen.resp",
        Kind::Socket,
        Some("run/codeid.resp.sock"),
        "Where to serve the Redis protocol over a Unix socket. Its directory is made like that of\n\
         listen.unix.",
    ),
    key(
        "http.max-connections",
        Kind::integer(1, 1_000_000, "connections"),
        Some("4096"),
        "How many connections are served at once, over all listeners; one more is answered 503, or\n\
         an error over listen.resp.",
    ),
    key(
        "http.max-header-bytes",
        Kind::integer(8192, 1_048_576, "bytes"),
        Some("16384"),
        "The size of a request line with its headers; a longer one is answered 431.",
    ),
    key(
        "http.max-buffered-bytes",
        Kind::integer(33_554_432, 1_099_511_627_776, "bytes"),
        Some("268435456"),
        "How much all large bodies, of requests and answers, may take together; beyond it, 503.\n\
         Large commands and replies of Redis clients count, too.",
    ),
    key(
        "http.header-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a request's head may take from its first byte, and the first byte of a connection\n\
         from the connect, the handshake of TLS included.",
    ),
    key(
        "http.body-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a request's body may take after its head.",
    ),
    key(
        "http.write-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a client may take no byte of an answer until the connection is closed.",
    ),
    key(
        "http.idle-timeout-ms",
        Kind::integer(1, 86_400_000, "milliseconds"),
        Some("75000"),
        "How long a connection is kept open between requests. Longer than a gateway keeps its own\n\
         (60 s is common), so that the gateway closes first.",
    ),
    key(
        "resp.command-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a command of a Redis client may take from its first byte.",
    ),
    key(
        "resp.write-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a Redis client may take no byte of its replies until the connection is closed.",
    ),
    key(
        "resp.idle-timeout-ms",
        Kind::integer(1, 86_400_000, "milliseconds"),
        Some("600000"),
        "How long a connection of a Redis client is kept open between commands. Their pools keep\n\
         connections for minutes.",
    ),
    key(
        "serve.worker-threads",
        Kind::integer(0, 1024, "threads"),
        Some("0"),
        "How many threads serve connections; 0: one for each core.",
    ),
    key(
        "serve.drain-deadline-ms",
        Kind::integer(0, 600_000, "milliseconds"),
        Some("10000"),
        "How long requests in flight may take to finish after SIGTERM or SIGINT.",
    ),
    key(
        "log.level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        Some("info"),
        "The least severe events that are logged. No level logs requests or their content.",
    ),
    key(
        "log.format",
        Kind::Choice(&["human", "json"]),
        Some("human"),
        "How events are written to standard error.",
    ),
    key(
        "ac.route.init-route-config-level",
        Kind::Choice(&["REMOTE", "LOCAL", "PRESET"]),
        Some("PRESET"),
        "The lowest source from which the first route config may come.",
    ),
    key(
        "ac.route.pull-route-config-url",
        Kind::Uri,
        None,
        "Where the remote source reads the route config; without it there is no remote source.",
    ),
    key(
        "ac.route.pull-route-config-fixed-delay",
        Kind::integer(100, 2_592_000_000, "milliseconds"),
        Some("600000"),
        "From the end of a successful pull to the next, plus up to 10 % of jitter.",
    ),
    key(
        "ac.route.pull-route-config-exception-retry-delay",
        Kind::integer(100, 2_592_000_000, "milliseconds"),
        Some("60000"),
        "From a failed pull to the next, plus up to 10 % of jitter.",
    ),
    key(
        "ac.route.save-route-config-path",
        Kind::Path,
        Some("data/route-config.json"),
        "The file in which the last good route config is kept; or the URI of another store.",
    ),
    key(
        "ac.route.preset-route-config-path",
        Kind::Path,
        None,
        "The route config to begin with; without it, the one built into the program.",
    ),
    key(
        "ac.route.max-config-characters",
        Kind::integer(1, 67_108_864, "characters"),
        Some("131072"),
        "A longer route config is refused, wherever it comes from.",
    ),
    key(
        "remote.connect-timeout-ms",
        Kind::integer(1, 60_000, "milliseconds"),
        Some("3000"),
        "How long connecting to a remote source or a callback may take, TLS included.",
    ),
    key(
        "remote.total-timeout-ms",
        Kind::integer(1, 600_000, "milliseconds"),
        Some("10000"),
        "How long a call of a remote source or a callback may take, redirects included.",
    ),
    key(
        "remote.ca-path",
        Kind::Path,
        None,
        "The only certificates (PEM) that are trusted there; otherwise the platform's roots.",
    ),
    key(
        "remote.bearer-token-path",
        Kind::Path,
        None,
        "The file with the token that is sent as `Authorization: Bearer`. It is read for each request,\n\
         so that the token can be replaced at any time.",
    ),
    key(
        "watch.mode",
        Kind::Choice(&["events", "poll"]),
        Some("events"),
        "How changes of watched files are noticed: by events of the file system as well as by polling,\n\
         or by polling alone.",
    ),
    key(
        "watch.debounce-ms",
        Kind::integer(10, 2000, "milliseconds"),
        Some("100"),
        "How long a watched file must be left alone before its content counts as written.",
    ),
    key(
        "watch.poll-interval-ms",
        Kind::integer(100, 86_400_000, "milliseconds"),
        Some("5000"),
        "How often a watched file is read even without an event.",
    ),
    key(
        "reload.journal-path",
        Kind::Path,
        Some("data/compiling.json"),
        "The file that tells the next start which route config was being compiled when the process\n\
         died. One that it died of three times is set aside.",
    ),
    key(
        "reload.hold-path",
        Kind::Path,
        Some("data/hold.json"),
        "The file of a hold: what an operator applied, went back to or froze, which then serves\n\
         again after a restart.",
    ),
    key(
        "reload.stale-after-ms",
        Kind::integer(0, 31_536_000_000, "milliseconds"),
        Some("0"),
        "How long the remote source may fail to confirm the route config that serves until that is\n\
         stale; 0: it never is.",
    ),
    key(
        "reload.stale-policy",
        Kind::Choice(&["ignore", "warn", "unready"]),
        Some("warn"),
        "What follows then, beside being shown: nothing, a warning in the log, or that and /readyz\n\
         answering 503.",
    ),
    key(
        "compile.max-rule-states",
        Kind::integer(1, 10_000_000, "states"),
        Some("10000"),
        "How many automaton states the pattern of one rule may take.",
    ),
    key(
        "compile.max-states",
        Kind::integer(1, 100_000_000, "states"),
        Some("250000"),
        "How many automaton states the patterns of all rules may take together.",
    ),
    key(
        "admin.unix",
        Kind::Socket,
        Some("run/codeid.admin.sock"),
        "Where to serve the admin plane over a Unix socket, with mode 0600. Its directory is made,\n\
         with mode 0750, if missing.",
    ),
    key(
        "admin.http",
        Kind::Address,
        Some("off"),
        "Where to serve the admin plane over TCP, to holders of a token only. Beyond loopback it\n\
         needs a certificate, too. Port 0 takes a free one, which the log names.",
    ),
    key(
        "admin.tokens-path",
        Kind::Path,
        None,
        "Who may use admin.http: a line for each token with a name, its role (read or operate) and\n\
         the SHA-256 of the token in hex. It is read again when it changes.",
    ),
    key(
        "admin.tls-cert-path",
        Kind::Path,
        None,
        "The certificate (PEM, with its chain) with which admin.http speaks TLS. Both files are read\n\
         again when they change.",
    ),
    key(
        "admin.tls-key-path",
        Kind::Path,
        None,
        "The private key (PEM) of that certificate, in a file for its owner only.",
    ),
    key(
        "admin.hosts",
        Kind::HostNames,
        None,
        "The host names under which the admin plane may be reached, beside localhost and addresses.\n\
         A request for another is refused, since a foreign page may have had a browser send it.",
    ),
    key(
        "admin.audit-path",
        Kind::Path,
        Some("data/audit.jsonl"),
        "The file to which a line of JSON is added for everything that operators change, or try to.",
    ),
    key(
        "proxy.upstream-url",
        Kind::Origin,
        None,
        "Where sdkProxy requests are sent; without it, sdkProxy is not configured.",
    ),
    key(
        "proxy.client-id",
        Kind::Text { max: 128 },
        None,
        "The Client-Id that Alipay+ assigned.",
    ),
    key(
        "proxy.private-key-path",
        Kind::Path,
        None,
        "The private key (PEM) that signs requests, readable by its owner only.",
    ),
    key(
        "proxy.key-version",
        Kind::integer(0, 2_147_483_647, ""),
        Some("1"),
        "The version of the private key, as it is named in the Signature header.",
    ),
    key(
        "proxy.ca-path",
        Kind::Path,
        None,
        "The only certificates (PEM) that are trusted upstream; otherwise the platform's roots.",
    ),
    key(
        "proxy.client-cert-path",
        Kind::Path,
        None,
        "The certificate (PEM, with its chain) that is shown to the upstream, if it asks for one.",
    ),
    key(
        "proxy.client-key-path",
        Kind::Path,
        None,
        "The private key (PEM) of that certificate, in a file for its owner only.",
    ),
    key(
        "proxy.connect-timeout-ms",
        Kind::integer(1, 60_000, "milliseconds"),
        Some("3000"),
        "How long connecting to the upstream may take, TLS included.",
    ),
    key(
        "proxy.total-timeout-ms",
        Kind::integer(10_001, 600_000, "milliseconds"),
        Some("12000"),
        "How long a forwarded request may take. Alipay+ takes up to 10 s, so it is above that.",
    ),
    key(
        "proxy.max-in-flight",
        Kind::integer(1, 65_536, "requests"),
        Some("512"),
        "How many requests are forwarded at once; one more is refused, not queued.",
    ),
    key(
        "proxy.customer-from",
        Kind::Choice(&["body", "header", "login-check"]),
        Some("body"),
        "Which one place says who the customer is: the field customerId of the body, the header\n\
         X-Customer-Id, or the answer to a login check. The others are ignored.",
    ),
    key(
        "proxy.login-check-url",
        Kind::HttpUrl,
        None,
        "Whom to ask who the customer is, if that is the place: a GET with the headers below, answered\n\
         200 with X-Customer-Id to admit. Over https, the platform's roots are trusted.",
    ),
    key(
        "proxy.login-check-headers",
        Kind::HeaderNames,
        Some("authorization,cookie"),
        "The request's headers that are handed on to the login check.",
    ),
    key(
        "proxy.login-check-timeout-ms",
        Kind::integer(1, 60_000, "milliseconds"),
        Some("2000"),
        "How long the login check may take, connecting included; access is denied after that.",
    ),
];

/// The key of this name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The name of the key that `name` was most likely meant to be.
///
/// `None` if none is at all like it.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |key: &Key| strsim::normalized_damerau_levenshtein(key.name, name);
    KEYS.iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|key| likeness(key) >= 0.4)
        .map(|key| key.name)
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    about: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default,
        about,
    }
}
