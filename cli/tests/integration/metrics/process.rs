//! The figures of the process, beside what the system says to others.

use std::fs;

use crate::serve::daemon::Process;

#[test]
fn the_figures_of_the_process_are_those_of_the_system() {
    let daemon = Process::start();
    let connections: Vec<_> = (0..20).map(|_| daemon.tcp()).collect();
    for mut client in connections.iter().map(|_| daemon.unix()) {
        assert_eq!(client.identify("28100104x", "user-42").status, 200);
    }
    let process = format!("/proc/{}", daemon.pid());
    let samples = daemon.metrics();
    let near = |name: &str, expected: f64, tolerance: f64| {
        let value = samples.get(name);
        assert!(
            (value - expected).abs() <= tolerance,
            "{name} {value}, not {expected}"
        );
    };
    near(
        "process_resident_memory_bytes",
        daemon.resident_bytes() as f64,
        8e6,
    );
    let open = fs::read_dir(format!("{process}/fd")).unwrap().count();
    // A scrape has a connection of its own, which may be closed by now.
    near("process_open_fds", open as f64, 3.0);
    assert!(samples.get("process_open_fds") >= 20.0);
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let limit = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = limit.unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(samples.get("process_max_fds"), soft.parse::<f64>().unwrap());
    let threads = fs::read_dir(format!("{process}/task")).unwrap().count();
    near("process_threads", threads as f64, 2.0);
    assert!(
        samples.get("process_virtual_memory_bytes") > samples.get("process_resident_memory_bytes")
    );
    let before = samples.get("process_cpu_seconds_total");
    assert!(before > 0.0);
    assert!(daemon.metrics().get("process_cpu_seconds_total") >= before);
    assert!(samples.get("process_start_time_seconds") > 1.7e9);
    drop(connections);
    daemon.stop();
}
