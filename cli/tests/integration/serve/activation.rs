//! Listening sockets from the service manager.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use super::client::{Client, body, request};
use super::daemon::{Plan, Process};
use crate::resp::client::{Reply, RespClient};

/// The first descriptor of the copies that a daemon inherits, above those that it gets them as.
const FIRST_COPY: i32 = 200;

/// The command of a daemon that gets sockets as systemd passes them.
pub(crate) struct Activated {
    pub(crate) command: Command,
    /// The copies that the process inherits.
    _copies: Vec<OwnedFd>,
}

/// Returns the command of a daemon that gets each of `sockets` under its name.
pub(crate) fn with_sockets(plan: &Plan, sockets: &[(&str, BorrowedFd<'_>)]) -> Activated {
    let mut copies = Vec::new();
    let mut script = String::new();
    for (index, (_, socket)) in sockets.iter().enumerate() {
        let copy = fcntl_dupfd_cloexec(socket, FIRST_COPY).unwrap();
        fcntl_setfd(&copy, FdFlags::empty()).unwrap();
        let number = copy.as_raw_fd();
        script += &format!("exec {}<&{number} {number}<&-\n", 3 + index);
        copies.push(copy);
    }
    script += "export LISTEN_PID=$$\nexec \"$0\" \"$@\"";
    let names: Vec<&str> = sockets.iter().map(|(name, _)| *name).collect();
    let daemon = plan.command("serve");
    let mut command = Command::new("bash");
    command
        .args(["-c", &script])
        .arg(daemon.get_program())
        .args(daemon.get_args())
        .envs(
            daemon
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("LISTEN_FDS", sockets.len().to_string())
        .env("LISTEN_FDNAMES", names.join(":"));
    Activated {
        command,
        _copies: copies,
    }
}

/// A socket with its name.
type Named<'a> = (&'a str, BorrowedFd<'a>);

/// Listening sockets for all listeners, in the directory of a plan.
struct Sockets {
    http: TcpListener,
    unix: UnixListener,
    resp: UnixListener,
    admin: UnixListener,
    admin_http: TcpListener,
}

impl Sockets {
    fn open(directory: &Path) -> Self {
        let unix = |name: &str| UnixListener::bind(directory.join(name)).unwrap();
        let tcp = || TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            http: tcp(),
            unix: unix("given.sock"),
            resp: unix("given.resp.sock"),
            admin: unix("given.admin.sock"),
            admin_http: tcp(),
        }
    }

    /// Returns the sockets with their names. The order is not that of the settings.
    fn named(&self) -> [(&'static str, BorrowedFd<'_>); 5] {
        [
            ("admin.http", self.admin_http.as_fd()),
            ("listen.resp", self.resp.as_fd()),
            ("listen.http", self.http.as_fd()),
            ("admin.unix", self.admin.as_fd()),
            ("listen.unix", self.unix.as_fd()),
        ]
    }
}

fn plan() -> Plan {
    let plan = Plan::new();
    let tokens = format!("alice operate {}\n", "ab".repeat(32));
    plan.directory.write_secret("tokens", tokens);
    plan.set("admin.http=127.0.0.1:0")
        .set("admin.tokens-path=tokens")
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

fn launch(plan: Plan, sockets: &Sockets) -> Process {
    let mut activated = with_sockets(&plan, &sockets.named());
    plan.spawn_as(&mut activated.command)
}

#[test]
fn each_listener_serves_on_the_socket_of_its_name() {
    let plan = plan();
    let directory = plan.directory.path().to_owned();
    let sockets = Sockets::open(&directory);
    let daemon = launch(plan, &sockets);
    let [unix, resp, admin] =
        ["given.sock", "given.resp.sock", "given.admin.sock"].map(|name| directory.join(name));
    for mut client in [Client::tcp(port(&sockets.http)), Client::unix(&unix)] {
        let response = client.identify("28100104x", "user-42");
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
    }
    assert_eq!(
        RespClient::connect(&resp).command(&["PING"]),
        Reply::Simple("PONG".to_owned())
    );
    let mut over_tcp = Client::tcp(port(&sockets.admin_http));
    assert_eq!(over_tcp.bare("GET", "/readyz").status, 200);

    let status = Client::unix(&admin).bare("GET", "/v1/status").json();
    let addresses = &status["daemon"]["listeners"];
    let shown = [
        ("http", sockets.http.local_addr().unwrap().to_string()),
        ("unix", unix.to_str().unwrap().to_owned()),
        ("resp", resp.to_str().unwrap().to_owned()),
        ("admin", admin.to_str().unwrap().to_owned()),
        (
            "adminHttp",
            sockets.admin_http.local_addr().unwrap().to_string(),
        ),
    ];
    for (name, address) in shown {
        assert_eq!(addresses[name], address, "{addresses}");
        assert!(
            daemon.log.last().unwrap().contains(&address),
            "{:?}",
            daemon.log
        );
    }
    // Those of the settings are not opened.
    assert!(!directory.join("codeid.sock").exists());
    daemon.signal("TERM");
    let mut daemon = daemon;
    assert!(daemon.wait().success(), "{:?}", daemon.log);
    for path in [unix, resp, admin] {
        assert!(path.exists());
    }
}

#[test]
fn connections_between_two_daemons_wait_for_the_second() {
    let first = plan();
    let directory = first.directory.path().to_owned();
    let sockets = Sockets::open(&directory);
    let mut daemon = launch(first, &sockets);
    daemon.signal("TERM");
    assert!(daemon.wait().success(), "{:?}", daemon.log);

    let mut waiting = [
        Client::tcp(port(&sockets.http)),
        Client::unix(&directory.join("given.sock")),
    ];
    for client in &mut waiting {
        client.send(request("/v1/identifyCode", body("28100104x", "user-42")));
    }
    let mut redis = RespClient::connect(&directory.join("given.resp.sock"));
    redis.send("*1\r\n$4\r\nPING\r\n");
    let _second = launch(plan(), &sockets);
    for client in &mut waiting {
        assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
    }
    assert_eq!(redis.receive(), Reply::Simple("PONG".to_owned()));
}

#[test]
fn a_listener_without_a_socket_is_opened() {
    let plan = plan();
    let directory = plan.directory.path().to_owned();
    let sockets = Sockets::open(&directory);
    let mut activated = with_sockets(&plan, &[("listen.http", sockets.http.as_fd())]);
    let daemon = plan.spawn_as(&mut activated.command);
    let response = daemon.unix().identify("28100104x", "user-42");
    assert_eq!(response.header("x-codeid-rule"), Some("order"));
    assert_eq!(daemon.port, port(&sockets.http));
    let log = daemon.stop();
    assert!(!directory.join("codeid.sock").exists(), "{log:?}");
}

#[test]
fn a_socket_that_cannot_be_served_ends_the_start() {
    let directory = super::daemon::Directory::new();
    let sockets = Sockets::open(directory.path());
    let bound = UnixDatagram::bind(directory.path().join("datagram")).unwrap();
    let connected = UnixStream::connect(directory.path().join("given.sock")).unwrap();
    let file = File::open("/dev/null").unwrap();
    let (tcp, unix) = (sockets.http.as_fd(), sockets.unix.as_fd());
    let names = "listen.http, listen.unix, listen.resp, admin.unix, admin.http";
    let cases: [(&[Named<'_>], &str, &str); 9] = [
        (
            &[("codeid-http.socket", tcp)],
            "LISTEN_FDNAMES codeid-http.socket: no listener has this name: set FileDescriptorName=",
            names,
        ),
        (
            &[("", tcp)],
            "LISTEN_FDNAMES : no listener has this name",
            names,
        ),
        (
            &[
                ("listen.http", tcp),
                ("listen.http", sockets.admin_http.as_fd()),
            ],
            "listen.http (descriptor 4): two sockets have this name",
            "",
        ),
        (
            &[("listen.unix", tcp)],
            "listen.unix (descriptor 3): the socket of this name must be a Unix socket",
            "",
        ),
        (
            &[("listen.http", unix)],
            "listen.http (descriptor 3): the socket of this name must be a TCP socket",
            "",
        ),
        (
            &[("listen.resp", bound.as_fd())],
            "listen.resp (descriptor 3): the socket of this name must be a Unix socket",
            "",
        ),
        (
            &[("admin.unix", file.as_fd())],
            "admin.unix (descriptor 3): the socket of this name must be a Unix socket",
            "",
        ),
        (
            &[("admin.unix", connected.as_fd())],
            "admin.unix (descriptor 3): the socket of this name does not listen",
            "Accept= must be no",
        ),
        (
            &[("admin.http", tcp)],
            "admin.http (descriptor 3): the setting is off",
            "",
        ),
    ];
    for (sockets, begin, within) in cases {
        let plan = Plan::new();
        let mut activated = with_sockets(&plan, sockets);
        let Err(ended) = Process::launch(plan.directory, &mut activated.command) else {
            panic!("it starts with {begin}");
        };
        let last = ended.log.last().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert!(
            last.starts_with(&format!("PARAM_ILLEGAL: {begin}")),
            "{last}"
        );
        assert!(last.contains(within), "{last}");
    }
}

#[test]
fn names_without_sockets_end_the_start_and_those_of_another_process_do_not() {
    let plan = Plan::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut activated = with_sockets(&plan, &[("listen.http", socket.as_fd())]);
    activated.command.env("LISTEN_FDS", "4000000000");
    let Err(ended) = Process::launch(plan.directory, &mut activated.command) else {
        panic!("it starts");
    };
    let last = ended.log.last().unwrap();
    let expected =
        "PARAM_ILLEGAL: LISTEN_FDNAMES listen.http: LISTEN_FDS does not announce one socket";
    assert!(last.starts_with(expected), "{last}");

    let daemon = Plan::new()
        .environment("LISTEN_PID", "1")
        .environment("LISTEN_FDS", "1")
        .environment("LISTEN_FDNAMES", "nobody")
        .spawn();
    let response = daemon.tcp().identify("28100104x", "user-42");
    assert_eq!(response.header("x-codeid-rule"), Some("order"));
    daemon.stop();
}

#[test]
fn a_given_tcp_socket_speaks_tls() {
    let authority = crate::tls::Authority::new();
    let plan = crate::tls::plan(&authority.issue("127.0.0.1"));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut activated = with_sockets(&plan, &[("listen.http", socket.as_fd())]);
    let daemon = plan.spawn_as(&mut activated.command);
    assert_eq!(daemon.port, port(&socket));
    let mut client = crate::tls::connect(&daemon, &authority);
    assert_eq!(client.bare("GET", "/readyz").status, 200);
}
