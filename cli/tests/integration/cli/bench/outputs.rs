//! The outputs of a run: text, JSON, plots and percentile text.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::server::{Act, Server, http};
use super::{Ran, SHORT, SUPPORTED, bench, bench_json, codeid};

fn good() -> Server {
    Server::unix(|_| Act::Answer(http("200 OK", SUPPORTED)))
}

#[test]
fn json_names_every_figure_and_its_unit() {
    let server = good();
    let target = format!("here={}", server.address);
    let load = ["--rate", "100", "--threads", "2", "--connections", "3"];
    let arguments = ["--http-unix", &*target].into_iter().chain(load);
    let (status, run) = bench_json(arguments.chain(SHORT));
    assert_eq!(status, 0);
    for (pointer, wanted) in [
        ("/name", Value::from("here")),
        ("/protocol", Value::from("HTTP identifyCode")),
        ("/address", Value::from(&*server.address)),
        ("/load/loop", Value::from("open")),
        ("/load/requestsPerSecond", Value::from(100)),
        ("/connections", Value::from(3)),
        ("/depth", Value::from(1)),
        ("/threads", Value::from(2)),
        ("/warmUpSeconds", Value::from(0.0)),
        ("/seconds", Value::from(0.3)),
        ("/interrupted", Value::from(false)),
        ("/errors/total", Value::from(0)),
        ("/latency/count", Value::from(30)),
    ] {
        assert_eq!(run.pointer(pointer), Some(&wanted), "{pointer}: {run}");
    }
    let latency = &run["latency"]["microseconds"];
    let mut before = 0.0;
    for name in ["p50", "p90", "p99", "p99.9", "p99.99", "max"] {
        let value = latency[name].as_f64().unwrap();
        assert!(value >= before, "{name}: {latency}");
        before = value;
    }
    let points = run["latency"]["byPercentile"].as_array().unwrap();
    let last = points.last().unwrap();
    assert_eq!(
        (&last["percentile"], &last["count"]),
        (&100.0.into(), &30.into())
    );
}

#[test]
fn saved_runs_are_compared_and_drawn_with_new_ones() {
    let server = good();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (saved, plot, hdr) = (path("run.json"), path("plot.svg"), path("hdr.txt"));
    let target = format!("before={}", server.address);
    let first = [
        "--http-unix",
        &*target,
        "--json",
        "--rate",
        "200",
        "--connections",
        "3",
    ];
    let first = bench(first.into_iter().chain(SHORT));
    fs::write(&saved, &first.stdout).unwrap();

    let second = ["--http-unix", &*server.address, "--saved", &saved];
    let outputs = ["--plot", &plot, "--hdr", &hdr];
    let ran = bench(second.into_iter().chain(outputs).chain(SHORT));
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let table: Vec<&str> = ran.stdout.lines().rev().take(3).collect();
    let words = |line: &str| {
        line.split_whitespace()
            .take(6)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(words(table[2]), "NAME LOOP RATE CONNECTIONS DEPTH BATCH");
    assert_eq!(words(table[1]), "before open 200 3 1 -");
    assert!(table[0].contains(" closed  "), "{table:?}");

    let plot = fs::read_to_string(&plot).unwrap();
    assert!(plot.starts_with("<svg ") && plot.contains("before: "));
    assert_eq!(plot.matches("<polyline").count(), 2);
    let hdr = fs::read_to_string(&hdr).unwrap();
    assert!(hdr.trim_start().starts_with("Value ") && hdr.contains("#[Max "));

    fs::write(&saved, "{}").unwrap();
    let ran = bench(["--saved", &saved]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr
            .contains("is not an output of codeid bench --json"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_interrupt_ends_the_run_with_the_figures_so_far() {
    let server = good();
    let arguments = [
        "bench",
        "--http-unix",
        &server.address,
        "--connections",
        "1",
        "--duration",
        "10m",
        "--warm-up",
        "0",
    ];
    let mut command = codeid(arguments);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The second request on a connection shows that the response to the first has been counted.
    for _ in 0..2 {
        server.requests.recv().unwrap();
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("(interrupted)") && ran.stdout.contains("p99.99"),
        "{}",
        ran.stdout
    );
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_a_request_is_sent() {
    let server = good();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("directory.svg")).unwrap();
    for option in [
        ["--plot", &path("missing/plot.svg")],
        ["--plot", &path("directory.svg")],
        ["--hdr", &path("missing/hdr.txt")],
    ] {
        let ran = bench([&["--http-unix", &*server.address][..], &option, &SHORT].concat());
        assert_eq!((ran.status, &*ran.stdout), (1, ""));
        let wanted = format!("error: {} cannot be written: ", option[1]);
        assert!(ran.stderr.starts_with(&wanted), "{}", ran.stderr);
    }
    let ran = bench(["--http-unix", &server.address, "--plot", &path("plot.png")]);
    assert_eq!((ran.status, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr.contains("its name must end in .svg"),
        "{}",
        ran.stderr
    );
    assert!(server.requests.try_recv().is_err(), "nothing was measured");
    // The check leaves nothing, and a file that is there as it was.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    let (saved, plot) = (path("none.json"), path("old.svg"));
    fs::write(&plot, "old").unwrap();
    let ran = bench(["--saved", &*saved, "--plot", &*plot]);
    assert_eq!(ran.status, 1);
    assert_eq!(fs::read_to_string(&plot).unwrap(), "old");
}

#[test]
fn no_output_replaces_another_or_a_file_that_is_read() {
    let server = good();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("codes.svg"), "28100104df2342342\n").unwrap();
    symlink("codes.svg", path("link.svg")).unwrap();
    symlink("new.svg", path("dangling.svg")).unwrap();
    for (options, named) in [
        (["--plot", "x.svg", "--hdr", "./x.svg"], "--hdr and --plot"),
        (
            ["--plot", "dangling.svg", "--hdr", "new.svg"],
            "--hdr and --plot",
        ),
        (
            ["--plot", "./codes.svg", "--codes", "codes.svg"],
            "--plot and --codes",
        ),
        (
            ["--plot", "link.svg", "--codes", "codes.svg"],
            "--plot and --codes",
        ),
        (
            ["--hdr", "link.svg", "--saved", "codes.svg"],
            "--hdr and --saved",
        ),
    ] {
        let [one, first, other, second] = options;
        let options = [one, &path(first), other, &path(second)];
        let ran = bench([&["--http-unix", &*server.address][..], &options, &SHORT].concat());
        assert_eq!((ran.status, &*ran.stdout), (2, ""));
        let wanted = format!("error: {named} must not name the same file: ");
        assert!(ran.stderr.starts_with(&wanted), "{}", ran.stderr);
    }
    assert!(server.requests.try_recv().is_err(), "nothing was measured");
    assert_eq!(
        fs::read_to_string(path("codes.svg")).unwrap(),
        "28100104df2342342\n"
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
}
