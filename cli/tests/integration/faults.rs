//! A panic of each task in the real program, which the feature `faults` causes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::admin::{good, post};
use crate::serve::client::{Client, body, request};
use crate::serve::daemon::{PATIENCE, Plan, Process, RULES};
use crate::serve::service_manager::Manager;
use crate::tls::Authority;

const CODE: &str = "28100104x";

/// Returns the plan of a daemon in which `task` panics once.
fn plan(task: &str) -> Plan {
    Plan::new()
        .set("serve.worker-threads=2")
        .set("watch.debounce-ms=10")
        .environment("CODEID_FAULT", task)
}

/// Waits until the fault of `task` was counted, in the metrics and in the status.
fn wait_until_counted(daemon: &Process, task: &str) {
    let sample = format!("codeid_task_restarts_total{{task=\"{task}\"}} 1");
    let began = Instant::now();
    loop {
        let metrics = String::from_utf8(daemon.admin("GET", "/metrics").body).unwrap();
        if metrics.lines().any(|line| line == sample) {
            break;
        }
        let counts: Vec<&str> = metrics
            .lines()
            .filter(|l| l.starts_with("codeid_task"))
            .collect();
        assert!(began.elapsed() < PATIENCE, "{task}: {counts:#?}");
        sleep(Duration::from_millis(10));
    }
    if task != "log" {
        assert_eq!(daemon.status()["counters"]["restarts"][task], 1);
    }
}

/// Requires that a daemon serves as if nothing had happened, each worker included.
fn assert_serves(daemon: &Process) {
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    let mut clients: Vec<Client> = (0..4).map(|_| daemon.tcp()).collect();
    clients.push(daemon.unix());
    for client in &mut clients {
        let response = client.identify(CODE, "user-42");
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
    }
    assert_eq!(
        good(&post(daemon, "/v1/reload", ""))["outcome"],
        "unchanged"
    );
}

/// Sends a request on a connection that may be closed by the fault.
fn knock(daemon: &Process) {
    let mut client = daemon.tcp();
    let _ = client.try_send("GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    client.rest();
}

#[test]
fn the_threads_that_serve_continue_after_a_panic() {
    for task in ["accept", "worker", "connection"] {
        let daemon = plan(task).spawn();
        knock(&daemon);
        wait_until_counted(&daemon, task);
        assert_serves(&daemon);
        daemon.stop();
    }
}

#[test]
fn the_thread_of_the_handshakes_continues_after_a_panic() {
    for task in ["handshakes", "connection", "worker", "certificate"] {
        let authority = Authority::new();
        let daemon = crate::tls::plan(&authority.issue("127.0.0.1"))
            .environment("CODEID_FAULT", task)
            .spawn();
        let mut hit = crate::tls::connect(&daemon, &authority);
        let _ = hit.try_shake_hands();
        let _ = hit.try_send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n");
        wait_until_counted(&daemon, task);
        for _ in 0..4 {
            let mut client = crate::tls::connect(&daemon, &authority);
            assert_eq!(client.bare("GET", "/readyz").status, 200);
        }
        daemon.stop();
    }
}

#[test]
fn tasks_of_the_control_thread_are_started_again() {
    for task in [
        "hangups",
        "reload",
        "announcements",
        "presetWatch",
        "staleness",
        "audit",
        "figures",
        "decisions",
        "admin",
        "adminHttp",
    ] {
        let daemon = plan(task).spawn();
        wait_until_counted(&daemon, task);
        assert_serves(&daemon);
        daemon.signal("HUP");
        daemon.stop();
    }
}

#[test]
fn tasks_of_the_admin_plane_over_tcp_are_started_again() {
    for task in ["tokens", "adminHttp", "adminCertificate"] {
        let authority = Authority::new();
        let plan = crate::tls::plan(&authority.issue("127.0.0.1"));
        plan.directory
            .write("tokens", format!("alice operate {}\n", "ab".repeat(32)));
        let daemon = plan
            .set("admin.http=127.0.0.1:0")
            .set("admin.tokens-path=tokens")
            .set("admin.tls-cert-path=server.pem")
            .set("admin.tls-key-path=server.key")
            .environment("CODEID_FAULT", task)
            .spawn();
        wait_until_counted(&daemon, task);
        assert_eq!(daemon.admin("GET", "/readyz").status, 200);
        daemon.stop();
    }
}

#[test]
fn a_call_of_a_source_that_panics_fails_and_the_next_does_not() {
    for task in ["store", "preset"] {
        let daemon = plan(task).spawn();
        post(&daemon, "/v1/reload", "");
        wait_until_counted(&daemon, task);
        assert_serves(&daemon);
        daemon.stop();
    }
}

#[test]
fn a_pull_or_a_job_that_panics_fails_and_the_next_does_not() {
    for task in ["remote", "compile"] {
        let plan = plan(task);
        let remote = plan.directory.write("remote.json", RULES);
        let url = format!("ac.route.pull-route-config-url=file://{}", remote.display());
        let daemon = plan.set(&url).spawn();
        daemon
            .directory
            .write("remote.json", RULES.replace("test-7", "test-8"));
        post(&daemon, "/v1/reload", "");
        wait_until_counted(&daemon, task);
        assert_eq!(daemon.admin("GET", "/readyz").status, 200);
        // A config that met a fault is not compiled again.
        let next = RULES.replace("test-7", "test-9");
        daemon.directory.write("remote.json", next);
        post(&daemon, "/v1/reload", "");
        assert_eq!(daemon.status()["table"]["version"], "test-9", "{task}");
        assert_serves(&daemon);
        daemon.stop();
    }
}

#[test]
fn an_event_about_files_that_panics_is_an_event() {
    let mut daemon = plan("fileEvents")
        .set("watch.poll-interval-ms=3600000")
        .spawn();
    let rules = RULES.replace("test-7", "test-8");
    // Its watch may be set after the first change.
    let began = Instant::now();
    while daemon.status()["table"]["version"] != "test-8" {
        assert!(began.elapsed() < PATIENCE, "the change is not noticed");
        daemon.directory.write("routes.json", &rules);
        sleep(Duration::from_millis(100));
    }
    wait_until_counted(&daemon, "fileEvents");
    daemon.wait_for_line("an event about files met an internal fault");
    daemon.stop();
}

#[test]
fn the_thread_of_file_events_is_replaced_at_once_when_it_ends() {
    let mut daemon = plan("fileEventsThread")
        .set("watch.poll-interval-ms=3600000")
        .spawn();
    // No poll comes: each change is noticed by the end of the thread, or by an event of the next one.
    let replace = |version| {
        let rules = RULES.replace("test-7", version);
        daemon.directory.write("routes.json", rules);
        sleep(Duration::from_millis(50));
        daemon.status()["table"]["version"] == version
    };
    let began = Instant::now();
    // Its watch may be set after the first change.
    while !replace("test-8") {
        assert!(began.elapsed() < PATIENCE, "the change is not noticed");
    }
    replace("test-9");
    while daemon.status()["table"]["version"] != "test-9" {
        assert!(began.elapsed() < PATIENCE, "the next change is not noticed");
        sleep(Duration::from_millis(10));
    }
    wait_until_counted(&daemon, "fileEvents");
    daemon.wait_for_line("the thread that receives events about files has ended");
    assert_serves(&daemon);
    daemon.stop();
}

#[test]
fn the_log_continues_after_a_panic() {
    let mut daemon = plan("log").spawn();
    daemon.signal("HUP");
    wait_until_counted(&daemon, "log");
    assert_serves(&daemon);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    assert!(daemon.wait().success());
}

#[test]
fn a_request_of_sdk_proxy_that_panics_fails_and_the_threads_continue() {
    let daemon = crate::sdk_proxy::unreachable(plan("proxy")).spawn();
    let mut client = daemon.tcp();
    for _ in 0..2 {
        client.send(request(crate::sdk_proxy::SDK_PROXY, body(CODE, "user-42")));
        assert_eq!(client.receive().status, 200);
    }
    wait_until_counted(&daemon, "proxy");
    assert_serves(&daemon);
    daemon.stop();
}

#[test]
fn without_its_control_thread_the_daemon_stops() {
    let mut daemon = plan("control").spawn();
    daemon.wait_for_line("stopping, since a thread has ended");
    assert_eq!(daemon.wait().code(), Some(1));
}

#[test]
fn the_watchdog_gets_no_sign_of_life_while_a_thread_hangs() {
    for (task, thread) in [
        ("accept", "accept"),
        ("worker", "worker-"),
        ("hangups", "control"),
    ] {
        let (manager, plan) = Manager::of(plan(&format!("hang {task}")));
        let mut daemon = plan.environment("WATCHDOG_USEC", "200000").spawn();
        let mut client = daemon.tcp();
        client.send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n");
        let line = daemon.wait_for_line("a thread makes no progress");
        assert!(line.contains(&format!("thread=\"{thread}")), "{line}");
        // Silence has no event: it lasts for five times the interval between two signs of life.
        manager.rest();
        sleep(Duration::from_millis(500));
        let rest = manager.rest();
        assert!(rest.is_empty(), "{task}: {rest:?}");
    }
}
