//! The command line of `codeid bench`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgGroup;
use clap::builder::{RangedU64ValueParser, TypedValueParser};

use super::address::{Address, HttpUrl, Named, RequestPath};
use super::header::HeaderTemplate;
use super::schedule::{MAX_RATE, Pace};
use super::sweep::Sweep;
use super::target::{BATCH_PATH, IDENTIFY_PATH, Protocol, Target};
use crate::duration::{duration, positive_duration};

/// The command line of `codeid bench`.
#[derive(Debug, clap::Args)]
#[command(
    group(ArgGroup::new("targets").required(true).multiple(true)
        .args(["http", "http_unix", "resp", "resp_json", "redis_get", "http_get", "saved"])),
    after_help = "\
Targets are measured one after the other, in the order of the options above. The prefix NAME= \
names a target in tables and plots: --resp codeid=run/codeid.resp.sock. A path with = before its \
first / must be written as ./PATH.

With --rate, requests become due at a fixed rate whatever the server does, and latency counts from \
the time at which a request was due: if the server stalls, every delayed request shows it (no \
coordinated omission). Without --rate, each connection sends its next request when a response \
arrives, and latency counts from the sending: this measures the highest throughput but hides stalls.

With --repeat, every target has its turn in each round, so that a machine that becomes slower or \
faster does so for all of them. A rate of --sweep is held if no request failed and, when the time was \
over, no more than 1 % of the requests, and those that were in flight, had no response. The knee is the \
highest rate that was held in every round, below the first that was not.

Exit status: 0 if every response was good; 1 if there was no response, an error, an unexpected \
response, or a target that could not be reached, but for --sweep not if a rate above the first was not held; 2 if the command line is wrong. Ctrl-C ends the run \
and prints the figures so far."
)]
pub(crate) struct Bench {
    /// codeid over HTTP: POST of a code value to this URL, whose path defaults to --path
    #[arg(long, value_name = "[NAME=]URL")]
    pub(super) http: Vec<Named<HttpUrl>>,
    /// codeid over HTTP on this Unix socket
    #[arg(long, value_name = "[NAME=]PATH")]
    pub(super) http_unix: Vec<Named<PathBuf>>,
    /// The path of the requests of --http-unix, and of --http if its URL has none; by default
    /// /v1/identifyCode, and /v1/identifyCodes with --batch
    #[arg(long, value_name = "PATH")]
    pub(super) path: Option<RequestPath>,
    /// codeid over RESP: IDENTIFY on this Unix socket, or HOST:PORT
    #[arg(long, value_name = "[NAME=]PATH")]
    pub(super) resp: Vec<Named<Address>>,
    /// codeid over RESP with responses in JSON: IDENTIFY … AS JSON
    #[arg(long, value_name = "[NAME=]PATH")]
    pub(super) resp_json: Vec<Named<Address>>,
    /// For comparison, Redis: GET of --key at HOST:PORT or on a Unix socket
    #[arg(long, value_name = "[NAME=]ADDRESS|PATH")]
    pub(super) redis_get: Vec<Named<Address>>,
    /// The key of --redis-get; {code} and {openId} are replaced by those of the request
    #[arg(long, value_name = "KEY", default_value = "codeid")]
    pub(super) key: String,
    /// For comparison, any HTTP server: GET of this URL; {code} and {openId} are replaced by those
    /// of the request, percent-encoded
    #[arg(long, value_name = "[NAME=]URL")]
    pub(super) http_get: Vec<Named<HttpUrl>>,
    /// A header for each HTTP request; {code} and {openId} are replaced by those of the request,
    /// unencoded
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub(super) headers: Vec<HeaderTemplate>,
    /// Code values in each request to codeid: identifyCodes over HTTP, MIDENTIFY over RESP; latency and
    /// requests/s are those of whole requests. A response may have at most 1 MiB
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024).try_map(NonZero::<usize>::try_from))]
    pub(super) batch: Option<NonZero<usize>>,
    /// Also compare the runs saved in this file by --json
    #[arg(long, value_name = "FILE")]
    pub(super) saved: Vec<PathBuf>,

    /// Open loop: requests per second, over all connections
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..=MAX_RATE).try_map(NonZero::<u64>::try_from))]
    pub(super) rate: Option<NonZero<u64>>,
    /// Open loop at one rate after the other, two for each doubling, up to the first that a target does not hold
    #[arg(long, value_name = "FROM..TO", conflicts_with_all = ["rate", "hdr"])]
    pub(super) sweep: Option<Sweep>,
    /// Measure all targets this many times, in rounds, and show the spread
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "hdr", value_parser = RangedU64ValueParser::<u32>::new().range(1..=1000))]
    pub(super) repeat: u32,
    /// Requests in flight on each connection; more than one are pipelined
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<u32>::new().range(1..=65_536))]
    pub(super) depth: u32,
    /// Connections to the target
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = RangedU64ValueParser::<u32>::new().range(1..=65_536))]
    pub(super) connections: u32,
    /// Threads that drive the connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<u32>::new().range(1..=1024))]
    pub(super) threads: u32,
    /// The time to measure each target: 500ms, 10s, 2m; a bare number is in seconds
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive_duration)]
    pub(super) duration: Duration,
    /// The time to load each target before measuring it
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(super) warm_up: Duration,

    /// A file of code values, one per line, without openIds; by default a built-in sample
    #[arg(long, value_name = "FILE")]
    pub(super) codes: Option<PathBuf>,
    /// The openId of the user
    #[arg(long, value_name = "ID", default_value = "codeid-bench")]
    pub(super) open_id: String,
    /// Rotate through this many users, ID-1 to ID-N
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<u32>::new().range(1..=1_000_000))]
    pub(super) open_ids: u32,
    /// Verify codeid's responses against this file, written by
    /// `codeid identify --file CODES --open-id ID --routes ROUTES`
    ///
    /// An unexpected response is an error. The field detail is not compared. With --open-ids, every
    /// user is expected to get the same responses.
    #[arg(long, value_name = "FILE", requires = "codes")]
    pub(super) expect: Option<PathBuf>,

    /// Print JSON, which --saved can read
    #[arg(long)]
    pub(super) json: bool,
    /// Write the latencies in milliseconds as HdrHistogram's percentile text, for one target
    #[arg(long, value_name = "FILE")]
    pub(super) hdr: Option<PathBuf>,
    /// Plot the latency of all runs by percentile
    #[arg(long, value_name = "FILE.svg", value_parser = svg_path)]
    pub(super) plot: Option<PathBuf>,
}

impl Bench {
    /// Returns the targets that the command line names, in the order of its options.
    pub(super) fn targets(&self) -> Vec<Target> {
        let batch = self.batch;
        let default_path = match (&self.path, batch) {
            (Some(path), _) => path.as_str(),
            (None, None) => IDENTIFY_PATH,
            (None, Some(_)) => BATCH_PATH,
        };
        let mut targets = Vec::new();
        for Named { name, value } in &self.http {
            let path = match value.has_path() {
                false => default_path,
                true => &value.path,
            };
            let protocol = Protocol::IdentifyHttp {
                host: value.authority.clone(),
                path: path.to_owned(),
            };
            targets.push(Target::new(name.as_ref(), value.address(), protocol, batch));
        }
        for Named { name, value } in &self.http_unix {
            let protocol = Protocol::IdentifyHttp {
                host: "codeid".to_owned(),
                path: default_path.to_owned(),
            };
            targets.push(Target::new(
                name.as_ref(),
                Address::Unix(value.clone()),
                protocol,
                batch,
            ));
        }
        for Named { name, value } in &self.resp {
            let protocol = Protocol::IdentifyResp;
            targets.push(Target::new(name.as_ref(), value.clone(), protocol, batch));
        }
        for Named { name, value } in &self.resp_json {
            let protocol = Protocol::IdentifyRespJson;
            targets.push(Target::new(name.as_ref(), value.clone(), protocol, None));
        }
        for Named { name, value } in &self.redis_get {
            let protocol = Protocol::RedisGet {
                key: self.key.clone(),
            };
            targets.push(Target::new(name.as_ref(), value.clone(), protocol, None));
        }
        for Named { name, value } in &self.http_get {
            let path = match &*value.path {
                "" => "/".to_owned(),
                query if query.starts_with('?') => format!("/{query}"),
                path => path.to_owned(),
            };
            let protocol = Protocol::HttpGet {
                host: value.authority.clone(),
                path,
            };
            targets.push(Target::new(name.as_ref(), value.address(), protocol, None));
        }
        targets
    }

    /// Returns the paces at which each target is measured, from the slowest.
    pub(super) fn paces(&self) -> Vec<Pace> {
        let rates = match self.sweep {
            Some(sweep) => sweep.rates(),
            None => self.rate.into_iter().collect(),
        };
        match rates.is_empty() {
            true => vec![Pace::Closed],
            false => rates.into_iter().map(|rate| Pace::Open { rate }).collect(),
        }
    }

    /// Returns whether the runs are shown by their spread, and not each by itself.
    pub(super) fn shows_spread(&self) -> bool {
        self.repeat > 1 || self.sweep.is_some()
    }

    /// Returns the files that are written, each with its option.
    pub(super) fn outputs(&self) -> Vec<(&'static str, &Path)> {
        let options = [("--hdr", &self.hdr), ("--plot", &self.plot)];
        let given = options.into_iter();
        given
            .filter_map(|(option, path)| Some((option, path.as_deref()?)))
            .collect()
    }

    /// Returns the files that are read, each with its option.
    pub(super) fn inputs(&self) -> Vec<(&'static str, &Path)> {
        let options = [("--codes", &self.codes), ("--expect", &self.expect)];
        let given = options.into_iter();
        let given = given.filter_map(|(option, path)| Some((option, path.as_deref()?)));
        let saved = self.saved.iter().map(|path| ("--saved", path.as_path()));
        given.chain(saved).collect()
    }
}

/// The error of a plot whose file does not end in `.svg`.
#[derive(Debug, thiserror::Error)]
#[error("a plot is an SVG picture, and its name must end in .svg")]
struct NotSvg;

fn svg_path(text: &str) -> Result<PathBuf, NotSvg> {
    let path = PathBuf::from(text);
    let is_svg = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    is_svg.then_some(path).ok_or(NotSvg)
}
