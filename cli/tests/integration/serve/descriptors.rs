//! A daemon without free descriptors.

use std::fs;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::client::Client;
use super::connections::is_served;
use super::daemon::{Plan, Process};
use crate::rules::remote::wait_until;

/// Sets the soft limit on the descriptors of a process that runs.
fn limit_descriptors(daemon: &Process, limit: u64) {
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap());
    // It is inherited.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(limit);
    prlimit(pid, Resource::Nofile, Rlimit { current, maximum }).unwrap();
}

fn open_descriptors(daemon: &Process) -> u64 {
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap();
    open.count() as u64
}

#[test]
fn accepting_pauses_while_there_are_no_descriptors_and_recovers_by_itself() {
    let mut daemon = Plan::new().spawn();
    let mut served = daemon.tcp();
    assert!(is_served(&mut served));
    limit_descriptors(&daemon, open_descriptors(&daemon));
    let mut waiting: Vec<Client> = (0..20)
        .flat_map(|_| [daemon.tcp(), daemon.unix()])
        .collect();
    daemon.wait_for_line("cannot accept");
    assert!(is_served(&mut served));
    limit_descriptors(&daemon, 1000);
    // They waited in the backlog.
    assert!(waiting.iter_mut().all(is_served));
    let failures = daemon.metrics().sum("codeid_accept_failures_total");
    // Without a pause there would be thousands.
    assert!((1.0..100.0).contains(&failures), "{failures}");
    daemon.stop();
}

#[test]
fn a_low_limit_of_open_files_lowers_the_number_of_connections() {
    let plan = Plan::new();
    let mut command = under_limit(&plan, 64);
    let daemon = plan.spawn_as(&mut command);
    assert!(daemon.log.iter().any(|line| {
        line.contains("the limit of open files allows fewer connections")
            && line.contains("limit=64")
    }));
    let mut clients: Vec<Client> = (0..100)
        .flat_map(|_| [daemon.tcp(), daemon.unix()])
        .collect();
    // Each listener serves some of them, and refuses the others.
    for listener in ["http", "unix"] {
        let connections = wait_until("most to be refused", || {
            let connections = daemon.status()["daemon"]["connections"][listener].clone();
            (connections["refused"].as_u64() > Some(50)).then_some(connections)
        });
        assert_eq!(connections["acceptFailures"], 0, "{connections}");
    }
    let served = clients.iter_mut().map(is_served);
    assert!(served.filter(|is_served| *is_served).count() >= 2);
    drop(clients);
    for listener in 0..2 {
        wait_until("a connection to be served", || {
            let mut client = [daemon.tcp(), daemon.unix()].into_iter().nth(listener)?;
            is_served(&mut client).then_some(())
        });
    }
    let log = daemon.stop();
    assert!(
        !log.iter().any(|line| line.contains("cannot accept")),
        "{log:?}"
    );
}

/// Returns the command of a daemon whose soft and hard limit of descriptors is `limit`.
pub(crate) fn under_limit(plan: &Plan, limit: u32) -> std::process::Command {
    let serve = plan.command("serve");
    let mut shell = std::process::Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("ulimit -n {limit}; exec \"$0\" \"$@\""))
        .arg(serve.get_program())
        .args(serve.get_args());
    shell
}
