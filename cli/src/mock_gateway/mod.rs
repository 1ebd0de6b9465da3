//! `codeid mock-gateway`: a stand-in for Alipay+ on this machine, to try out sdkProxy.
//!
//! It does what the daemon sees of Alipay+: it terminates TLS, verifies and makes signatures, and
//! answers. It makes no payments, and says in every response and on start that it is a stand-in.
//!
//! Source: SPEC.md, sections 4 and 5.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod directory;
mod gateway;
mod serving;
mod validation;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use codeid_daemon::listen::tcp::{TcpError, open_tcp};
use codeid_daemon::result::sdk_proxy as results;
use hyper::StatusCode;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use self::directory::Directory;
use self::gateway::{Behaviour, Gateway, Signature};
use super::output::{self, Failure, Stdout, printable};

/// The limit on connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// The limit on lines that wait to be written.
const WAITING_LINES: usize = 1024;

/// The command line of `codeid mock-gateway`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
On its first start it creates what both sides need in the directory: a certificate authority, its \
own keys and those of the client. Requests that violate the specification of Alipay+ are refused, \
with the reason in the response and on standard output; the options above fail valid requests, and \
--unsigned also changes the responses to others.

Exit status: 0 when stopped by Ctrl-C, 1 if it cannot listen or use the directory, 2 if the command \
line is wrong.")]
pub(crate) struct MockGateway {
    /// The address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The directory of the keys, the certificate and the settings for the daemon
    #[arg(long, value_name = "DIRECTORY", default_value = "mock-gateway")]
    directory: PathBuf,
    /// The only Client-Id that is accepted
    #[arg(long, value_name = "ID", default_value = "MOCK_CLIENT", value_parser = client_id)]
    client_id: String,
    /// Wait this many milliseconds before each response
    #[arg(long, value_name = "MS", default_value = "0")]
    delay: u64,
    /// Answer with this HTTP status instead of 200
    #[arg(long, value_name = "STATUS", value_parser = status)]
    status: Option<StatusCode>,
    /// Answer with this result instead of SUCCESS
    #[arg(long, value_name = "CODE", value_parser = result_codes())]
    result: Option<String>,
    /// Sign other content than the response
    #[arg(long)]
    wrong_signature: bool,
    /// Answer without a signature, a failure with its result alone; INVALID_CLIENT and KEY_NOT_FOUND
    /// are never signed, as those of Alipay+, unless with --wrong-signature
    #[arg(long, conflicts_with = "wrong_signature")]
    unsigned: bool,
    /// Close the connection instead of answering
    #[arg(long, conflicts_with_all = ["status", "result", "wrong_signature", "unsigned"])]
    drop: bool,
}

/// The reason why the value of an option is refused.
#[derive(Debug, thiserror::Error)]
enum ArgumentError {
    /// The Client-Id is empty, too long, or has other characters.
    #[error("must be 1 to 128 visible ASCII characters")]
    ClientId,
    /// The text is not the status of a final response that has a body.
    #[error("must be a status from 200 to 599 that allows a body")]
    Status,
}

/// The error for an address on which the stand-in cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
struct ListenError {
    address: SocketAddr,
    source: TcpError,
}

impl MockGateway {
    /// Serves until it is stopped, and returns the exit status.
    pub(crate) fn run(self) -> ExitCode {
        output::run(|stdout| {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(Failure::Runtime)?;
            runtime.block_on(self.serve(stdout))?;
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn serve(self, stdout: &mut Stdout) -> Result<(), Failure> {
        // Before listening, so that Ctrl-C works as soon as the address is printed.
        let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
        let refused = |source| {
            Failure::other(ListenError {
                address: self.listen,
                source,
            })
        };
        let listener = open_tcp(self.listen, BACKLOG, None).map_err(refused)?;
        let address = listener
            .local_addr()
            .map_err(TcpError::System)
            .map_err(refused)?;
        let directory = Directory::open(&self.directory, address.ip()).map_err(Failure::other)?;
        let settings = directory
            .write_settings(address, &self.client_id)
            .map_err(Failure::other)?;
        writeln!(
            stdout,
            "mock-gateway: a stand-in for Alipay+, to try out sdkProxy; it makes no payments\n\
             listening on https://{address}\n\n\
             settings for the daemon, also in {}:\n\n{}\n\
             each request:",
            printable(&settings.path),
            printable_lines(&settings.text),
        )?;
        stdout.flush()?;
        let result = self.result.as_deref().unwrap_or("SUCCESS");
        let behaviour = Behaviour {
            delay: Duration::from_millis(self.delay),
            status: self.status.unwrap_or(StatusCode::OK),
            result: results::ALL.into_iter().find(|known| known.code == result),
            signature: match (self.unsigned, self.wrong_signature) {
                (true, _) => Signature::Missing,
                (false, true) => Signature::Wrong,
                (false, false) => Signature::Right,
            },
            drop: self.drop,
        };
        let gateway = Gateway::new(self.client_id, directory.keys, behaviour);
        let (lines, mut written) = mpsc::channel(WAITING_LINES);
        let mut serving = std::pin::pin!(serving::serve(listener, directory.tls, gateway, lines));
        loop {
            tokio::select! {
                // Lines first, so that none is lost when the gateway is stopped.
                biased;
                Some(line) = written.recv() => {
                    let line: String = line;
                    writeln!(stdout, "{}", printable(&line))?;
                    stdout.flush()?;
                }
                _ = interrupted.recv() => return Ok(()),
                () = &mut serving => return Ok(()),
            }
        }
    }
}

fn printable_lines(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {}\n", printable(line)))
        .collect()
}

/// Parses a Client-Id.
fn client_id(text: &str) -> Result<String, ArgumentError> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned()).ok_or(ArgumentError::ClientId)
}

/// Parses the HTTP status of a response.
fn status(text: &str) -> Result<StatusCode, ArgumentError> {
    // A status below 200 is not a final response, and 204 and 304 have no body.
    text.parse()
        .ok()
        .filter(|status: &StatusCode| (200..600).contains(&status.as_u16()))
        .filter(|status| !matches!(status.as_u16(), 204 | 304))
        .ok_or(ArgumentError::Status)
}

fn result_codes() -> PossibleValuesParser {
    PossibleValuesParser::new(results::ALL.map(|result| result.code))
}
