//! The replacement of a daemon by its successor, which takes over its listening sockets.

mod load;
mod successor;
mod takes;
mod upgrades;

use std::path::Path;

use crate::serve::daemon::{Directory, Plan, RULES};

/// The files of the sockets of [`plan`].
const SOCKETS: [&str; 3] = [
    "codeid.sock",
    "run/codeid.resp.sock",
    "run/codeid.admin.sock",
];

/// Returns the plan of a daemon in `directory`, the same for it and its successors.
fn plan(directory: &Directory) -> Plan {
    let path = directory.path().join("routes.json");
    if !path.exists() {
        directory.write("routes.json", RULES);
    }
    Plan::bare_in(directory.alias())
        .set("listen.http=127.0.0.1:0")
        .set("listen.unix=codeid.sock")
        .set(&format!(
            "ac.route.preset-route-config-path={}",
            path.display()
        ))
}

/// Returns the plan of a successor in `directory`.
fn successor(directory: &Directory) -> Plan {
    plan(directory).argument("--take-over")
}

fn assert_sockets_exist(directory: &Path) {
    for socket in SOCKETS {
        assert!(directory.join(socket).exists(), "{socket}");
    }
}
