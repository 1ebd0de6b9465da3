//! A certificate that is replaced while the daemon runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Authority, Pair, connect, plan, write_key};
use crate::serve::daemon::{Process, Served};

/// Returns the index of the authority that issued the certificate of a new connection.
fn authority_of(daemon: &Served, authorities: &[Authority; 2]) -> usize {
    let is_by = |authority: &Authority| connect(daemon, authority).try_shake_hands().is_ok();
    match [is_by(&authorities[0]), is_by(&authorities[1])] {
        [true, false] => 0,
        [false, true] => 1,
        both => panic!("{both:?}"),
    }
}

fn write_chain(daemon: &Served, chain: &str) {
    daemon.directory.write("aside.pem", chain);
    let directory = daemon.directory.path();
    fs::rename(directory.join("aside.pem"), directory.join("server.pem")).unwrap();
}

fn replace_key(daemon: &Served, pair: &Pair, mode: u32) {
    write_key(&daemon.directory.path().join("server.key"), &pair.key, mode);
}

#[test]
fn new_connections_get_the_new_certificate_and_open_ones_stay_open() {
    let authorities = [Authority::new(), Authority::new()];
    let mut daemon = plan(&authorities[0].issue("127.0.0.1")).spawn();
    let mut open = connect(&daemon, &authorities[0]);
    assert_eq!(open.bare("GET", "/livez").status, 200);
    let next = authorities[1].issue("127.0.0.1");
    write_chain(&daemon, &next.chain);
    replace_key(&daemon, &next, 0o600);
    daemon.wait_for_line("new connections to listen.http get a new certificate");
    assert_eq!(authority_of(&daemon, &authorities), 1);
    assert_eq!(open.identify("28100104x", "user-42").status, 200);
    daemon.stop();
}

#[test]
fn a_certificate_without_its_key_does_not_become_live() {
    let authorities = [Authority::new(), Authority::new()];
    let mut daemon = plan(&authorities[0].issue("127.0.0.1")).spawn();
    let next = authorities[1].issue("127.0.0.1");
    let refused = |daemon: &mut Process, why: &str| {
        let line = daemon.wait_for_line("keeps its certificate");
        assert!(line.contains(" WARN ") && line.contains(why), "{line}");
        assert_eq!(authority_of(daemon, &authorities), 0, "{why}");
    };
    write_chain(&daemon, &next.chain[..next.chain.len() / 2]);
    refused(&mut daemon, "server.pem: it is not valid PEM");
    write_chain(&daemon, &next.chain);
    refused(
        &mut daemon,
        "server.key: it is not the key of the certificate in server.pem",
    );
    replace_key(&daemon, &next, 0o640);
    refused(
        &mut daemon,
        "server.key: its mode 0640 lets other users use the secret",
    );
    // The daemon notices corrected permissions, although the content of the file is the same.
    let key = daemon.directory.path().join("server.key");
    fs::set_permissions(&key, Permissions::from_mode(0o400)).unwrap();
    daemon.wait_for_line("new connections to listen.http get a new certificate");
    assert_eq!(authority_of(&daemon, &authorities), 1);
    fs::remove_file(&key).unwrap();
    let line = daemon.wait_for_line("keeps its certificate");
    assert!(line.contains("server.key: there is no such file"), "{line}");
    assert_eq!(authority_of(&daemon, &authorities), 1);
    replace_key(&daemon, &next, 0o600);
    daemon.wait_for_line("hold it again");
    let log = daemon.stop().join("\n");
    for line in next.key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!log.contains(line));
    }
}
