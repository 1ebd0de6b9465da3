//! The command line of OpenSSL.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// What it needs for RSA with 2048 bits.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// CPU time for a signature.
    pub sign: Duration,
    /// CPU time to verify one.
    pub verify: Duration,
}

/// Runs `openssl speed rsa2048` as that many processes at once, each of which signs for so long and
/// then verifies for so long; the mean of them. Its own way of running several at once counts time
/// that passes, which says nothing on a machine that does other things.
///
/// # Errors
///
/// If it fails, or prints something else.
///
/// # Panics
///
/// If there are no processes.
pub fn speed(processes: usize, lasting: Duration) -> io::Result<Speed> {
    let seconds = lasting.as_secs().to_string();
    let run = || openssl(&["speed", "-seconds", &seconds, "rsa2048"]);
    let outputs = thread::scope(|scope| {
        // All of them before any is waited for.
        let mut running = Vec::new();
        running.resize_with(processes, || scope.spawn(run));
        let outputs = running
            .into_iter()
            .map(|process| process.join().expect("no panic while it runs"));
        outputs.collect::<io::Result<Vec<_>>>()
    })?;
    let (mut sign, mut verify) = (Duration::ZERO, Duration::ZERO);
    for output in &outputs {
        // Such as `rsa 2048 bits 0.000300s 0.000016s   3333.3  62500.0`: the last two are how many
        // are made in a second of CPU time.
        let last = output.lines().last().unwrap_or_default();
        let numbers: Vec<f64> = last
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [_bits, signed, verified] = numbers[..] else {
            return Err(io::Error::other(format!("openssl speed printed {last:?}")));
        };
        sign += Duration::from_secs_f64(1.0 / signed);
        verify += Duration::from_secs_f64(1.0 / verified);
    }
    let count = u32::try_from(processes).expect("a few");
    Ok(Speed {
        sign: sign / count,
        verify: verify / count,
    })
}

/// Runs `openssl` with these arguments; what it wrote to standard output.
///
/// # Errors
///
/// If it fails, with what it said.
pub(super) fn openssl<A: AsRef<OsStr>>(arguments: &[A]) -> io::Result<String> {
    let output = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("openssl: {said}")))
}
