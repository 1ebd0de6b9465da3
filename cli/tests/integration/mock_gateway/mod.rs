//! `codeid mock-gateway`, by itself and behind the daemon.

mod directory;
mod end_to_end;
mod refusals;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::serve::daemon::{Directory, PATIENCE};

const SDK_PROXY: &str = "/aps/api/v1/mobile/sdkProxy";

/// A running stand-in, killed on drop.
struct Gateway {
    child: Child,
    lines: Receiver<String>,
    /// The directory of its files.
    directory: PathBuf,
    port: u16,
}

impl Gateway {
    /// Starts a stand-in on a free port, with its files below `directory`, and waits until it
    /// listens.
    fn start(directory: &Directory, arguments: &[&str]) -> Self {
        Self::start_at(directory, "127.0.0.1:0", arguments)
    }

    fn start_at(directory: &Directory, address: &str, arguments: &[&str]) -> Self {
        let path = directory.path().join("gateway");
        let mut child = command(&path)
            .args(["--listen", address])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        let mut gateway = Self {
            child,
            lines,
            directory: path,
            port: 0,
        };
        let line = gateway.wait_for_line("listening on https://127.0.0.1:");
        gateway.port = line.rsplit_once(':').unwrap().1.parse().unwrap();
        gateway.wait_for_line("each request:");
        gateway
    }

    fn wait_for_line(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns the authority that a client has to trust.
    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let pem = fs::read(self.directory.join("ca.pem")).unwrap();
        roots
            .add(CertificateDer::from_pem_slice(&pem).unwrap())
            .unwrap();
        roots
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the command, with its files in `directory`.
fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    command
        .args(["mock-gateway", "--directory"])
        .arg(directory)
        .stdin(Stdio::null());
    command
}

/// Returns `true` if the `openssl` command line verifies the signature header `header` of `content`
/// with the key in the file `public_key`.
fn openssl_verifies(directory: &Directory, public_key: &Path, content: &str, header: &str) -> bool {
    let signature = header.split_once("signature=").unwrap().1;
    let base64 = signature
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    let base64 = directory.write("signature.base64", base64);
    let signature = directory.path().join("signature");
    let content = directory.write("content", content);
    openssl(
        &["enc", "-d", "-base64", "-A", "-in"],
        &[&base64, Path::new("-out"), &signature],
    );
    Command::new("openssl")
        .args(["dgst", "-sha256", "-verify"])
        .arg(public_key)
        .arg("-signature")
        .args([&signature, &content])
        .stdout(Stdio::null())
        .status()
        .expect("openssl is installed")
        .success()
}

/// Signs `content` with the `openssl` command line, and returns the value of the header.
fn openssl_signs(directory: &Directory, private_key: &Path, content: &str) -> String {
    let signature = directory.path().join("signature");
    let content = directory.write("content", content);
    openssl(
        &["dgst", "-sha256", "-sign"],
        &[private_key, Path::new("-out"), &signature, &content],
    );
    let base64 = openssl(&["enc", "-base64", "-A", "-in"], &[&signature]);
    let encoded = base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    format!("algorithm=RSA256, keyVersion=1, signature={encoded}")
}

fn openssl(arguments: &[&str], files: &[&Path]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .args(files)
        .output()
        .expect("openssl is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
