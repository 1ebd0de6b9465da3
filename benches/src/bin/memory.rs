//! Prints, as Markdown, the resident memory of a daemon under loads that make it hold as much as it
//! allows: before, at the peak, and half a minute after. `benches/README.md` quotes it. Arguments
//! select loads.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin memory [bodies answers replies proxied idle]
//! ```
//!
//! The daemon is the one that `CODEID` names, or else the one built beside this program. It has the
//! default `memory.max-bytes`.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use codeid_benches::load::{Daemon, daemon_binary};
use codeid_benches::report::print_sections;
use codeid_benches::sdk_proxy::{Credentials, PATH, Upstream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

/// The default of `memory.max-bytes`, in kilobytes of 1024 bytes.
const BOUND: u64 = 256 << 10;

/// The number of clients at once.
const CLIENTS: usize = 40;

/// The number of clients that only stay connected.
const IDLE_CLIENTS: usize = 3000;

/// The time after a load at which its memory has been returned.
const AFTER: Duration = Duration::from_secs(30);

fn main() -> io::Result<()> {
    print_sections(&[
        ("bodies", bodies),
        ("answers", answers),
        ("replies", replies),
        ("proxied", proxied),
        ("idle", idle),
    ])
}

/// Clients send batches of the greatest length, and take their responses.
fn bodies(out: &mut dyn Write) -> io::Result<()> {
    let daemon = Daemon::start(&daemon_binary()?, &config("{code}"))?;
    let element =
        json!({"codeValue": "x".repeat(8192), "openId": "user-42", "other": "y".repeat(7800)});
    let request = post("/v1/identifyCodes", &batch(&element.to_string(), 1024));
    let socket = daemon.socket();
    measure(out, "40 batches of 16 MB", &daemon, || {
        at_once(|| exchange(&socket, &request))
    })
}

/// Clients send batches whose responses are as long as they can be, and take them.
fn answers(out: &mut dyn Write) -> io::Result<()> {
    let daemon = Daemon::start(&daemon_binary()?, &config(&"{code}".repeat(16)))?;
    let element = json!({"codeValue": format!("281{}", "x".repeat(8189)), "openId": "user-42"});
    let request = post("/v1/identifyCodes", &batch(&element.to_string(), 1024));
    let socket = daemon.socket();
    measure(out, "one batch with the longest response", &daemon, || {
        exchange(&socket, &request)
    })?;
    measure(
        out,
        "40 batches with the longest responses",
        &daemon,
        || at_once(|| exchange(&socket, &request)),
    )
}

/// Redis clients send the longest commands, and take no reply before all is sent.
fn replies(out: &mut dyn Write) -> io::Result<()> {
    let settings = ["listen.resp=codeid.resp.sock".to_owned()];
    let daemon = Daemon::start_with(&daemon_binary()?, &config("{code}{code}"), &settings)?;
    let code = format!("281{}", "x".repeat(8189));
    let argument = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    let pair = argument(&code) + &argument("user-42");
    let command = format!("*2049\r\n{}{}", argument("MIDENTIFY"), pair.repeat(1024)).into_bytes();
    let socket = daemon.resp_socket();
    measure(out, "40 `MIDENTIFY` of 8 MB", &daemon, || {
        at_once(|| exchange(&socket, &command))
    })
}

/// Clients send the longest requests of sdkProxy, whose responses have almost eight megabytes.
fn proxied(out: &mut dyn Write) -> io::Result<()> {
    let credentials = Credentials::generate()?;
    let body = json!({
        "result": {"resultCode": "SUCCESS", "resultMessage": "Success", "resultStatus": "S"},
        "sdkResponseHeader": "{}",
        "sdkResponseData": "x".repeat(8_000_000),
    });
    let response = credentials.signed_response(&body.to_string())?;
    let (certificate, key) = (credentials.path("tls.pem"), credentials.path("tls.key.pem"));
    let upstream = Upstream::start(&certificate, &key, response)?;
    let settings = credentials.settings(upstream.port());
    let daemon = Daemon::start_with(&daemon_binary()?, &config("{code}"), &settings)?;
    let request = json!({"sdkRequestHeader": "{}", "sdkRequestData": "x".repeat(1_000_000), "customerId": "c"});
    let request = post(PATH, &request.to_string());
    let socket = daemon.socket();
    measure(
        out,
        "40 calls of sdkProxy with 1 MB and 8 MB",
        &daemon,
        || at_once(|| exchange(&socket, &request)),
    )
}

/// Clients that have asked once stay connected, each with half of another request.
fn idle(out: &mut dyn Write) -> io::Result<()> {
    let settings = ["http.header-timeout-ms=600000".to_owned()];
    let daemon = Daemon::start_with(&daemon_binary()?, &config("{code}"), &settings)?;
    let element = json!({"codeValue": "281", "openId": "user-42"});
    let request = post("/v1/identifyCode", &element.to_string());
    let socket = daemon.socket();
    let descriptors = getrlimit(Resource::Nofile);
    let descriptors = Rlimit {
        current: descriptors.maximum,
        ..descriptors
    };
    setrlimit(Resource::Nofile, descriptors)?;
    measure(out, "3000 connections with half a head", &daemon, || {
        let mut open = Vec::new();
        for _ in 0..IDLE_CLIENTS {
            let mut stream = UnixStream::connect(&socket)?;
            stream.write_all(&request)?;
            let mut response = [0; 1024];
            if stream.read(&mut response)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            stream.write_all(&request[..20])?;
            open.push(stream);
        }
        Ok(())
    })
}

/// Returns a config whose one rule decodes every code value that begins with `281`.
fn config(code_value: &str) -> String {
    json!({"format": "codeid/1", "version": "1", "rules": [
        {"id": "r", "match": {"prefix": "281"}, "action": {"type": "DECODE", "codeValue": code_value}}
    ]})
    .to_string()
}

fn batch(element: &str, count: usize) -> String {
    format!("[{}]", vec![element; count].join(","))
}

fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: codeid\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends a request, and drops what it is answered. A daemon that has no room closes the connection.
fn exchange(socket: &Path, request: &[u8]) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    if stream.write_all(request).is_ok() {
        stream.shutdown(std::net::Shutdown::Write)?;
        let _ = io::copy(&mut stream, &mut io::sink());
    }
    Ok(())
}

/// Runs `client` for all clients at once.
fn at_once(client: impl Fn() -> io::Result<()> + Sync) -> io::Result<()> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(&client)).collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().expect("a client does not panic"))
    })
}

/// Prints a row of the table for a load.
fn measure(
    out: &mut dyn Write,
    name: &str,
    daemon: &Daemon,
    load: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    sleep(Duration::from_secs(1));
    let before = daemon.memory()?.resident;
    let started = Instant::now();
    load()?;
    let took = started.elapsed();
    let peak = daemon.memory()?.peak;
    sleep(AFTER);
    let after = daemon.memory()?.resident;
    let limit = before + BOUND + BOUND / 10;
    writeln!(
        out,
        "| {name} | {:.2} s | {} MiB | {} MiB ({:.2} of the limit) | {} MiB ({:.2} of idle) |",
        took.as_secs_f64(),
        before >> 10,
        peak >> 10,
        peak as f64 / limit as f64,
        after >> 10,
        after as f64 / before as f64
    )
}
