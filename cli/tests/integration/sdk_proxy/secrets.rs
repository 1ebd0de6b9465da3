//! T31: the output of the daemon shows nothing of a request, a response or a key.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use super::gateway::{End, OURS, Reply, SUCCESS, THEIRS, response, signed};
use super::{Fixture, SDK_PROXY, request_with};
use crate::serve::client::Client;

const SECRETS: [&str; 8] = [
    "planted-header",
    "planted-data",
    "planted-customer",
    "planted-session",
    "planted-token",
    "planted-response",
    "planted-tracer",
    "signature=",
];

#[test]
fn neither_requests_nor_responses_nor_keys_are_logged() {
    for format in ["human", "json"] {
        let Fixture {
            runtime: _runtime,
            gateway: _gateway,
            plan,
        } = Fixture::new(|request| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let planted = SUCCESS.replace("{\\\"a\\\":1}", "planted-response");
            let whole = signed(planted.replace("SUCCESS", "planted-response"));
            match () {
                () if body.contains("fine") => Reply::Send(signed(planted)),
                () if body.contains("refused") => Reply::Send(whole),
                () if body.contains("unsigned") => Reply::Send(response(
                    "200 OK",
                    &[
                        ("Tracer-Id", "planted-tracer"),
                        ("Signature", "planted-response"),
                    ],
                    planted.as_bytes(),
                )),
                () if body.contains("failed") => {
                    Reply::Send(response("500 planted-response", &[], b"planted-response"))
                }
                () if body.contains("half") => {
                    Reply::SendAndEnd(whole[..whole.len() - 9].to_vec(), End::Reset)
                }
                () => Reply::SendAndEnd(b"planted-response\r\n\r\n".to_vec(), End::Fin),
            }
        });
        let login = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/?key=planted-token", login.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in login.incoming() {
                // One good response for each connection, which ends after it.
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nX-Customer-Id: planted-customer\r\n\
                      Connection: close\r\nContent-Length: 0\r\n\r\n",
                );
            }
        });
        let daemon = plan
            .set("log.level=trace")
            .set(&format!("log.format={format}"))
            .set("proxy.customer-from=login-check")
            .set(&format!("proxy.login-check-url={url}"))
            .spawn();
        let mut codes = Vec::new();
        for mut client in [daemon.tcp(), daemon.unix()] {
            for data in ["fine", "refused", "unsigned", "failed", "half", "nonsense"] {
                codes.push(post(&mut client, data));
            }
            client.send(format!(
                "POST {SDK_PROXY}?planted-token HTTP/1.1\r\nplanted-session\r\n\r\n"
            ));
            client.rest();
        }
        assert_eq!(codes[..6], codes[6..]);
        assert_eq!(
            codes[..6],
            [
                "SUCCESS",
                "planted-response",
                "INVALID_SIGNATURE",
                "UNKNOWN_EXCEPTION",
                "UNKNOWN_EXCEPTION",
                "UNKNOWN_EXCEPTION"
            ]
        );
        let log = daemon.stop();
        let failures = log
            .iter()
            .filter(|line| line.contains("the upstream did not answer a request"));
        assert!(failures.count() > 0, "{log:?}");
        let keys = [&OURS.private, &THEIRS.private].map(|pem| pem.lines().nth(1).unwrap());
        for line in log {
            assert!(
                !SECRETS
                    .iter()
                    .chain(&keys)
                    .any(|secret| line.contains(secret)),
                "{line}"
            );
        }
    }
}

fn post(client: &mut Client, data: &str) -> String {
    let body = json!({
        "sdkRequestHeader": "planted-header",
        "sdkRequestData": format!("planted-data {data}"),
        "customerId": "planted-customer",
    });
    let headers = [
        "X-Customer-Id: planted-customer",
        "Cookie: planted-session",
        "Authorization: planted-token",
    ];
    client.send(request_with(SDK_PROXY, &headers, &body.to_string()));
    client.receive().result_code()
}
