//! The command line of OpenSSL.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The CPU time that OpenSSL needs for RSA with 2048 bits.
#[derive(Clone, Copy, Debug)]
pub struct RsaTimes {
    /// The time to make a signature.
    pub sign: Duration,
    /// The time to verify a signature.
    pub verify: Duration,
}

/// Runs `openssl speed rsa2048` in `processes` processes at once and returns the mean of their
/// times. Each process signs for `duration` and then verifies for `duration`, which is cut to whole
/// seconds.
///
/// The option `-multi` of `openssl speed` measures elapsed time, which is useless on a machine with
/// other work. So several processes run without it.
///
/// # Errors
///
/// If `openssl` fails or prints something unexpected.
///
/// # Panics
///
/// If `processes` is 0.
pub fn rsa_times(processes: usize, duration: Duration) -> io::Result<RsaTimes> {
    let seconds = duration.as_secs().to_string();
    let run = || openssl(&["speed", "-seconds", &seconds, "rsa2048"]);
    let outputs = thread::scope(|scope| {
        // Start all of them before waiting for one.
        let mut running = Vec::new();
        running.resize_with(processes, || scope.spawn(run));
        let outputs = running
            .into_iter()
            .map(|process| process.join().expect("running openssl does not panic"));
        outputs.collect::<io::Result<Vec<_>>>()
    })?;
    let (mut sign, mut verify) = (Duration::ZERO, Duration::ZERO);
    for output in &outputs {
        // Such as `rsa 2048 bits 0.000300s 0.000016s   3333.3  62500.0`: the last two are the numbers
        // of signatures made and verified in a second of CPU time.
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
    let count = u32::try_from(processes).expect("a small number of processes");
    Ok(RsaTimes {
        sign: sign / count,
        verify: verify / count,
    })
}

/// Runs `openssl` with these arguments and returns its standard output.
///
/// # Errors
///
/// If it fails. The message has its standard error.
pub(super) fn openssl<A: AsRef<OsStr>>(arguments: &[A]) -> io::Result<String> {
    let output = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!(
        "openssl failed: {}",
        stderr.trim_end()
    )))
}
