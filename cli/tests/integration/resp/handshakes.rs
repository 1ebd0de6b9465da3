//! The first commands of common clients, replayed; `handshakes/README.md` names their source.

use std::fs;
use std::path::Path;

use super::client::{Reply, RespClient};
use crate::serve::daemon::Daemon;

/// The error for a command of newer servers, without which clients continue.
const MAY_FAIL: &str = "ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.";

#[test]
fn the_handshakes_of_clients_succeed() {
    let daemon = Daemon::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/resp/handshakes");
    let mut replayed = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "resp") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for piece in [bytes.len(), 1] {
            let mut client = daemon.resp();
            bytes.chunks(piece).for_each(|piece| client.send(piece));
            let commands = bytes.split(|byte| *byte == b'*').count() - 1;
            check(&mut client, commands, &path);
        }
        replayed += 1;
    }
    assert!(replayed >= 8, "{replayed} handshakes");
}

fn check(client: &mut RespClient, commands: usize, path: &Path) {
    for _ in 1..commands {
        if let Reply::Error(error) = client.receive() {
            assert_eq!(error, MAY_FAIL, "{}", path.display());
        }
    }
    let last = client.receive();
    let code = last.get("codeValue").and_then(Reply::text);
    assert_eq!(code, Some("28100104x"), "{}", path.display());
}
