//! The requests to each kind of target.

use std::fs;

use super::server::{Act, Server, http};
use super::{SHORT, SUPPORTED, bench_json, file, run};
use crate::cli::project_file;
use crate::serve::daemon::Plan;

const REPLY: &str = "*6\r\n$11\r\nisSupported\r\n:1\r\n$23\r\npostCodeMatchActionType\r\n$6\r\nDECODE\r\n$9\r\ncodeValue\r\n$17\r\n28100104df2342342\r\n";

/// Asserts that a run against `server` succeeds, and returns the first requests as text.
fn first_requests(server: &Server, arguments: &[&str]) -> Vec<String> {
    let load = ["--connections", "1"].into_iter().chain(SHORT);
    let (status, run) = bench_json(arguments.iter().copied().chain(load));
    assert_eq!((status, &run["errors"]["total"]), (0, &0.into()), "{run}");
    assert!(run["requestsPerSecond"].as_f64().unwrap() > 0.0);
    let requests = server.requests.try_iter().take(3);
    requests
        .map(|request| String::from_utf8(request).unwrap())
        .collect()
}

#[test]
fn http_posts_rotate_codes_and_users() {
    let server = Server::unix(|_| Act::Answer(http("200 OK", SUPPORTED)));
    let codes = file("bench-rotate.txt", "a\r\nb\n");
    let codes = codes.to_str().unwrap();
    let options = ["--codes", codes, "--open-ids", "3", "--open-id", "user"];
    let target = ["--http-unix", &server.address];
    let requests = first_requests(&server, &[&target[..], &options].concat());
    for (request, body) in requests.iter().zip([
        r#"{"codeValue":"a","openId":"user-1"}"#,
        r#"{"codeValue":"b","openId":"user-2"}"#,
        r#"{"codeValue":"a","openId":"user-3"}"#,
    ]) {
        assert!(request.starts_with("POST /v1/identifyCode HTTP/1.1\r\n"));
        assert!(request.ends_with(body), "{request}");
    }
}

#[test]
fn the_path_is_for_http_over_tcp_too() {
    let server = Server::tcp(|_| Act::Answer(http("200 OK", SUPPORTED)));
    let url = format!("http://{}", server.address);
    let requests = first_requests(&server, &["--http", &url, "--path", "/other"]);
    assert!(
        requests[0].starts_with("POST /other HTTP/1.1\r\n"),
        "{requests:?}"
    );
}

#[test]
fn a_batch_is_one_request() {
    let two = format!("[{SUPPORTED},{SUPPORTED}]");
    let server = Server::tcp(move |_| Act::Answer(http("200 OK", &two)));
    let codes = file("bench-batch.txt", "\u{feff}a\nb\nc\n");
    let codes = codes.to_str().unwrap();
    let options = ["--codes", codes, "--open-id", "user", "--batch", "2"];
    let url = format!("http://{}", server.address);
    let requests = first_requests(&server, &[&["--http", &*url][..], &options].concat());
    for (request, body) in requests.iter().zip([
        r#"[{"codeValue":"a","openId":"user"},{"codeValue":"b","openId":"user"}]"#,
        r#"[{"codeValue":"c","openId":"user"},{"codeValue":"a","openId":"user"}]"#,
    ]) {
        assert!(request.starts_with("POST /v1/identifyCodes HTTP/1.1\r\n"));
        assert!(request.ends_with(body), "{request}");
    }
    let server = Server::unix(|_| Act::Answer(format!("*2\r\n{REPLY}{REPLY}").into_bytes()));
    let target = ["--resp", &server.address];
    let requests = first_requests(&server, &[&target[..], &options].concat());
    let words = "$9\r\nMIDENTIFY\r\n$1\r\na\r\n$4\r\nuser\r\n$1\r\nb\r\n$4\r\nuser\r\n";
    assert_eq!(requests[0], format!("*5\r\n{words}"));
}

#[test]
fn a_get_has_the_code_in_its_url_and_headers() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let server = Server::tcp(|_| Act::Answer(chunked.to_vec()));
    let codes = file("bench-get.txt", "a/b\n");
    let url = format!("http://{}/x?c={{code}}", server.address);
    let options = [
        "--codes",
        codes.to_str().unwrap(),
        "--header",
        "X-Code: {code}",
    ];
    let requests = first_requests(&server, &[&["--http-get", &*url][..], &options].concat());
    let wanted = format!(
        "GET /x?c=a%2Fb HTTP/1.1\r\nHost: {}\r\nX-Code: a/b\r\n\r\n",
        server.address
    );
    assert_eq!(requests[0], wanted);
}

#[test]
fn identify_in_json_is_verified_as_json() {
    let codes = file("bench-json.txt", "a\n");
    let expected = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"isSupported":false}"#;
    let line = expected.replacen('{', r#"{"line":1,"#, 1);
    let expect = file("bench-json.jsonl", line);
    let reordered =
        r#"{"isSupported":false, "result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#;
    let other = r#"{"isSupported":true,"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#;
    for (text, status) in [(expected, 0), (reordered, 0), (other, 1)] {
        let reply = format!("${}\r\n{text}\r\n", text.len());
        let server = Server::unix(move |_| Act::Answer(reply.clone().into_bytes()));
        let arguments = [
            "--resp-json",
            &server.address,
            "--codes",
            codes.to_str().unwrap(),
            "--expect",
            expect.to_str().unwrap(),
            "--open-id",
            "user",
        ];
        let (given, run) = bench_json(arguments.into_iter().chain(SHORT));
        assert_eq!(given, status, "{text}: {run}");
        let request = server.requests.recv().expect("the server is running");
        let words = "$8\r\nIDENTIFY\r\n$1\r\na\r\n$4\r\nuser\r\n$2\r\nAS\r\n$4\r\nJSON\r\n";
        assert_eq!(request, format!("*5\r\n{words}").into_bytes());
    }
}

#[test]
fn redis_is_sent_a_get_of_the_key() {
    let server = Server::tcp(|_| Act::Answer(b"$2\r\nok\r\n".to_vec()));
    let requests = first_requests(&server, &["--redis-get", &server.address, "--key", "k"]);
    assert_eq!(requests[0], "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
}

#[test]
fn resp_is_pipelined_and_verified() {
    let server = Server::unix(|_| Act::Answer(REPLY.as_bytes().to_vec()));
    let codes = file("bench-resp.txt", "28100104df2342342\n");
    let codes = codes.to_str().unwrap();
    let answers = run(["identify", "--file", codes, "--open-id", "user-42"]);
    let expected = file("bench-resp.jsonl", &answers.stdout);
    let options = [
        "--codes",
        codes,
        "--expect",
        expected.to_str().unwrap(),
        "--open-id",
        "user-42",
    ];
    let target = ["--resp", &server.address, "--depth", "16"];
    let requests = first_requests(&server, &[&target[..], &options].concat());
    let wanted = "*3\r\n$8\r\nIDENTIFY\r\n$17\r\n28100104df2342342\r\n$7\r\nuser-42\r\n";
    assert_eq!(requests[0], wanted);
}

#[test]
fn pipelines_longer_than_any_buffer_lose_no_response() {
    let server = Server::unix(|_| Act::Answer(format!("$1000\r\n{:1000}\r\n", 'v').into_bytes()));
    // On each connection, a megabyte is in flight in each direction, and the server does not read
    // while it writes. A client that misses an event for reading or writing hangs.
    let key = "k".repeat(1000);
    let target = ["--redis-get", &server.address, "--key", &key];
    let load = ["--depth", "1000", "--connections", "3"];
    let (status, run) = bench_json(target.into_iter().chain(load).chain(SHORT));
    assert_eq!((status, &run["errors"]["total"]), (0, &0.into()), "{run}");
}

#[test]
fn the_daemon_gives_the_responses_of_codeid_identify() {
    let preset = fs::read(project_file("config/routes.preset.json")).unwrap();
    let daemon = Plan::with_rules(preset).start();
    let too_long = "x".repeat(8193);
    let codes = [
        "28100104df2342342",
        "https://qr.paypay.ne.jp/28180105example",
        "no code",
        "\"é\\",
        &too_long,
    ];
    let codes = file("bench-real.txt", codes.join("\n"));
    let codes = codes.to_str().unwrap();
    let answers = run(["identify", "--file", codes, "--open-id", "user-42"]);
    let expected = file("bench-real.jsonl", &answers.stdout);
    let given = [
        "--codes",
        codes,
        "--expect",
        expected.to_str().unwrap(),
        "--open-id",
        "user-42",
    ];
    let (socket, resp_socket) = (daemon.socket(), daemon.resp_socket());
    let url = format!("http://127.0.0.1:{}/", daemon.port);
    let targets = [
        ["--http", &url],
        ["--http-unix", socket.to_str().unwrap()],
        ["--resp", resp_socket.to_str().unwrap()],
    ];
    for target in targets {
        for load in [["--depth", "4"], ["--rate", "500"], ["--batch", "7"]] {
            let arguments = target.into_iter().chain(load).chain(given);
            let (status, run) = bench_json(arguments.chain(SHORT));
            assert_eq!((status, &run["errors"]["total"]), (0, &0.into()), "{run}");
        }
    }
    daemon.stop();
}
