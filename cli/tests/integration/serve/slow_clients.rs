//! Clients that read late or never, or send more than they should.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::net::TcpSocket;

use super::client::{body, request};
use super::daemon::{Daemon, PATIENCE, Plan, allow_descriptors};
use super::endpoints::clients;
use super::protocol::{CODE, complete_request, is_answered};

#[test]
fn the_last_response_arrives_though_the_client_sent_more() {
    let daemon = Daemon::start();
    let closing = format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{}",
        body(CODE, "user-42").len(),
        body(CODE, "user-42")
    );
    for mut client in clients(&daemon) {
        let more = complete_request().repeat(2000);
        client.send([closing.as_bytes(), &more].concat());
        let response = client.receive();
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(client.rest(), b"");
    }
    daemon.stop();
}

/// A kernel that gets bytes for a closed socket sends a reset, and drops what the client has not
/// received.
#[test]
fn a_response_arrives_as_a_whole_though_the_client_keeps_sending() {
    let daemon = Daemon::start();
    let element = body(&"x".repeat(500), "user-42");
    let batch = format!("[{}]", vec![element; 1000].join(","));
    let closing = format!(
        "POST /v1/identifyCodes HTTP/1.0\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{batch}",
        batch.len()
    );
    let mut stream = connect_with_small_buffer(daemon.port);
    stream.write_all(closing.as_bytes()).unwrap();
    let (mut response, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece).unwrap() {
            0 => break,
            length => response.extend_from_slice(&piece[..length]),
        }
        stream.write_all(b"\r\n").unwrap();
    }
    let head = response.windows(4).position(|four| four == b"\r\n\r\n");
    let responses: Value = serde_json::from_slice(&response[head.unwrap() + 4..]).unwrap();
    assert_eq!(responses.as_array().unwrap().len(), 1000);
    daemon.stop();
}

fn connect_with_small_buffer(port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let address = (Ipv4Addr::LOCALHOST, port).into();
        socket.connect(address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn a_slow_reader_gets_every_response_in_order() {
    let daemon = Daemon::start();
    for client in clients(&daemon) {
        let requests = 20_000;
        let (mut client, mut sender) = client.split();
        let sending = std::thread::spawn(move || {
            let pipeline: Vec<u8> = (0..requests)
                .flat_map(|n| {
                    request(
                        "/v1/identifyCode",
                        body(&format!("28100104-{n}"), "user-42"),
                    )
                })
                .collect();
            sender.send(pipeline);
        });
        for n in 0..requests {
            assert_eq!(
                client.receive().json()["codeValue"],
                format!("28100104-{n}")
            );
        }
        sending.join().unwrap();
    }
    daemon.stop();
}

#[test]
fn five_thousand_connections_take_little_memory() {
    let (count, _guard) = allow_descriptors(5000);
    // A busy machine takes longer than 10 s to connect all clients, and then to end their requests.
    let daemon = Plan::new()
        .set("http.max-connections=7000")
        .set("http.header-timeout-ms=60000")
        .spawn();
    let mut other = daemon.unix();
    assert_eq!(other.identify(CODE, "user-42").status, 200);
    let before = daemon.resident_bytes();
    let mut idle: Vec<_> = (0..count).map(|_| daemon.unix()).collect();
    let large = format!(
        "[{}]",
        vec![body(&"x".repeat(8000), "user-42"); 30].join(",")
    );
    let (first, last) = (&complete_request()[..40], &complete_request()[40..]);
    // Every client was served, one in ten with a large batch, and has sent the beginning of a request.
    for (n, client) in idle.iter_mut().enumerate() {
        let response = match n % 10 {
            0 => client.post("/v1/identifyCodes", &large),
            _ => client.identify(CODE, "user-42"),
        };
        assert_eq!(response.status, 200);
        client.send(first);
    }
    assert_eq!(other.identify(CODE, "user-42").status, 200);
    let grown = daemon.resident_bytes().saturating_sub(before) / idle.len();
    assert!(grown < 8 << 10, "{grown} bytes for each");
    for client in &mut idle {
        client.send(last);
        assert!(is_answered(client));
    }
    daemon.stop();
}

#[test]
fn clients_that_never_read_are_stopped_and_then_dropped() {
    let daemon = Plan::new().set("http.write-timeout-ms=2000").spawn();
    let mut other = daemon.unix();
    assert_eq!(other.identify(CODE, "user-42").status, 200);
    let before = daemon.resident_bytes();
    let (clients, thousands) = (100, 1000);
    let thousand = complete_request().repeat(1000);
    let running = AtomicUsize::new(clients);
    let mut most = 0;
    std::thread::scope(|scope| {
        for _ in 0..clients {
            let mut client = daemon.unix();
            let (thousand, running) = (&thousand, &running);
            scope.spawn(move || {
                let sent = (0..thousands)
                    .take_while(|_| client.try_send(thousand).is_ok())
                    .count();
                running.fetch_sub(1, Ordering::Relaxed);
                assert!(sent < thousands);
            });
        }
        // Other clients are served meanwhile.
        while running.load(Ordering::Relaxed) > 0 {
            for _ in 0..100 {
                assert_eq!(other.identify(CODE, "user-42").status, 200);
            }
            most = most.max(daemon.resident_bytes());
        }
    });
    let grown = most.saturating_sub(before) / clients;
    assert!(grown < 128 << 10, "{grown} bytes for each");
    daemon.stop();
}
