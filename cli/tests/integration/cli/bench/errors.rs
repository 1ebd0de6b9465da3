//! Every kind of failure is counted and described.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::server::{Act, Server, deserted, http};
use super::{SHORT, SUPPORTED, bench, bench_json, file, run};

/// A function from the number of a request to the server's action.
type Acts = fn(u64) -> Act;

#[test]
fn each_kind_of_failure_is_described() {
    let http_cases: [(Acts, &str); 8] = [
        (|_| Act::Answer(http("503 Busy", "")), "HTTP status 503"),
        (
            |_| Act::Answer(http("200 OK", r#"{"result":{"resultStatus":"F"}}"#)),
            "response without resultStatus S",
        ),
        (
            |_| Act::Answer(b"+PONG\r\n\r\n".to_vec()),
            "malformed response: not an HTTP/1.1 response head",
        ),
        (
            |_| Act::AnswerAndClose(vec![]),
            "connection closed by the server before the response",
        ),
        (
            |_| Act::AnswerAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()),
            "connection closed by the server in the middle of the response",
        ),
        (
            |_| Act::Answer(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            "malformed response: its body ends only when the connection closes",
        ),
        (
            |_| Act::Answer(http("200 OK", &"x".repeat(1 << 20))),
            "response longer than 1048576 bytes",
        ),
        (
            |_| Act::Answer([http("200 OK", SUPPORTED), http("200 OK", SUPPORTED)].concat()),
            "malformed response: no request was waiting for a response",
        ),
    ];
    for (act, words) in http_cases {
        let server = Server::tcp(act);
        let url = format!("http://{}", server.address);
        assert_counted(["--http", &url], words);
    }
    let resp_cases: [(&str, Acts, &str); 3] = [
        (
            "--resp",
            |_| Act::Answer(b"-ERR unknown command 'IDENTIFY'\r\n".to_vec()),
            "error reply ERR",
        ),
        (
            "--resp",
            |_| Act::Answer(http("400 Bad Request", "")),
            "malformed response: not a RESP reply",
        ),
        (
            "--redis-get",
            |_| Act::Answer(b"$-1\r\n".to_vec()),
            "Redis has no such key",
        ),
    ];
    for (option, act, words) in resp_cases {
        let server = Server::unix(act);
        assert_counted([option, &server.address], words);
    }
    let server = Server::resetting();
    let url = format!("http://{}", server.address);
    assert_counted(["--http", &url], "connection reset by the server");
}

/// Asserts that a run of `target` fails, with errors of this kind.
fn assert_counted(target: [&str; 2], words: &str) {
    let (status, run) = bench_json(target.into_iter().chain(SHORT));
    assert_eq!(status, 1, "{words}: {run}");
    assert!(
        run["errors"]["byKind"][words].as_u64() >= Some(1),
        "{words}: {run}"
    );
    let ran = bench(target.into_iter().chain(SHORT));
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    assert!(ran.stdout.contains(&format!("× {words}")), "{}", ran.stdout);
}

#[test]
fn an_unreachable_target_is_named() {
    let (_directory, path) = deserted();
    let path = path.to_str().unwrap();
    let target = format!("nobody={path}");
    let ran = bench(["--resp", &target]);
    let wanted = format!("error: nobody cannot be reached at {path}: Connection refused");
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.starts_with(&wanted), "{}", ran.stderr);
}

#[test]
fn a_lost_connection_is_reopened() {
    let answer = || http("200 OK", SUPPORTED);
    let server = Server::tcp(move |number| match number % 10 {
        9 => Act::AnswerAndClose(answer()),
        5 => Act::AnswerAndClose(vec![]),
        _ => Act::Answer(answer()),
    });
    let url = format!("http://{}", server.address);
    let load = ["--connections", "1"].into_iter().chain(SHORT);
    let (status, run) = bench_json(["--http", &*url].into_iter().chain(load));
    assert_eq!(status, 1);
    assert!(run["latency"]["count"].as_u64() > Some(10), "{run}");
    let kinds = run["errors"]["byKind"].as_object().unwrap();
    // Closing a connection after a response fails only a request that was already sent.
    for kind in kinds.keys() {
        let closed = "connection closed by the server before the response";
        assert!(
            kind == closed || kind == "connection reset by the server",
            "{run}"
        );
    }
}

#[test]
fn unexpected_responses_are_counted() {
    let codes = file("bench-codes.txt", "28100104df2342342\nno code\n");
    let codes_path = codes.to_str().unwrap();
    let answers = run(["identify", "--file", codes_path, "--open-id", "user-42"]);
    let expected = file("bench-expected.jsonl", &answers.stdout);
    let wrong = Arc::new(AtomicU64::new(0));
    let server = Server::tcp({
        let wrong = Arc::clone(&wrong);
        let right = [
            SUPPORTED.to_owned(),
            // The expected fields in another order and spelling.
            r#"{ "isSupported": false, "result": {"resultMessage": "Success", "resultStatus": "S", "resultCode": "SUCCE\u0053S"}}"#.to_owned(),
        ];
        move |number| {
            let answer = &right[usize::try_from(number % 2).unwrap()];
            if number % 20 == 3 {
                wrong.fetch_add(1, Ordering::Relaxed);
                return Act::Answer(http("200 OK", &answer.replace("false", "true")));
            }
            Act::Answer(http("200 OK", answer))
        }
    });
    let url = format!("http://{}", server.address);
    let given = [
        "--codes",
        codes_path,
        "--expect",
        expected.to_str().unwrap(),
    ];
    let user = ["--open-id", "user-42", "--connections", "1"];
    let arguments = ["--http", &*url].into_iter().chain(given).chain(user);
    let (status, run) = bench_json(arguments.chain(SHORT));
    let wrong = wrong.load(Ordering::Relaxed);
    assert!(wrong > 0 && status == 1);
    let errors = &run["errors"];
    assert_eq!(errors["byKind"]["unexpected response"], wrong, "{run}");
    assert_eq!(errors["total"], wrong);
    assert_eq!(errors["firstUnexpectedLine"], 2);
}

#[test]
fn mismatched_files_are_refused_before_a_request_is_sent() {
    let (_directory, path) = deserted();
    let path = path.to_str().unwrap();
    let codes = file("bench-misfit-codes.txt", "a\nb\n");
    let codes = codes.to_str().unwrap();
    let line = format!("{{\"line\":1,{}\n", &SUPPORTED[1..]);
    let numbered = |result: &str| format!("{{\"line\":1,\"result\":{result}}}\n");
    for (expected, words) in [
        (&*line, "has 1 response for 2 codes"),
        ("[]\n", "line 1: not a JSON object"),
        (
            &line.replace(":1,", ":7,"),
            "line 1: not a line of codeid identify --file: line must be 1 but is 7",
        ),
        (
            &numbered("5"),
            "line 1: not a line of codeid identify --file: result must be an object but is 5",
        ),
        (
            &numbered(r#"{"resultStatus":"SUCCESS"}"#),
            r#"result.resultStatus must be "S", "F" or "U" but is "SUCCESS""#,
        ),
    ] {
        let expected = file("bench-misfit.jsonl", expected);
        let expected = expected.to_str().unwrap();
        let ran = bench(["--resp", path, "--codes", codes, "--expect", expected]);
        assert_eq!(ran.status, 1);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    for (content, words) in [
        (&b""[..], "contains no code values"),
        (b"a\xff", "UTF-8 at byte 1"),
        (b"\xff\xfea\0", "the text is in UTF-16"),
        (b"a\nb\tuser-42\n", "line 2: has a tab"),
    ] {
        let codes = file("bench-bad-codes.txt", content);
        let ran = bench(["--resp", path, "--codes", codes.to_str().unwrap()]);
        assert_eq!(ran.status, 1);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn misuse_exits_2() {
    for arguments in [
        &[][..],
        &["--duration", "1s"],
        &["--http", "https://127.0.0.1/"],
        &["--resp", "a", "--expect", "x"],
        &["--resp", "a", "--rate", "0"],
        &["--resp", "a", "--duration", "0"],
        &["--resp", "a", "--connections", "0"],
        &["--resp", "=a"],
        &["--resp", "a", "--batch", "0"],
        &["--resp", "a", "--batch", "1025"],
        &["--resp", "a", "--plot", "x.png"],
    ] {
        let ran = bench(arguments.iter().copied());
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
}

#[test]
fn options_that_contradict_each_other_are_named_with_their_values() {
    for (arguments, error) in [
        (
            &["--resp", "a", "--resp", "b", "--hdr", "x"][..],
            "--hdr writes the latencies of exactly one target, not of 2; a run of --saved is not one, \
             since it does not contain every latency",
        ),
        (
            &["--saved", "a", "--hdr", "x"],
            "--hdr writes the latencies of exactly one target, not of 0; a run of --saved is not one, \
             since it does not contain every latency",
        ),
        (
            &["--redis-get", "a", "--codes", "x", "--expect", "y"],
            "--expect y is for --http, --http-unix, --resp and --resp-json, and none of them is given",
        ),
        (
            &["--http", "http://a:81/x?t=y", "--path", "/y?token=z"],
            "--path /y?(hidden) and the URL of --http for a:81 both name a path: leave one of them out",
        ),
        (
            &["--resp", "a", "--path", "/y"],
            "--path /y is for --http and --http-unix, and neither is given",
        ),
        (
            &["--resp", "a", "--redis-get", "cache=b", "--batch", "2"],
            "--batch 2 is for --http, --http-unix and --resp, but cache has no batches",
        ),
        (
            &["--resp-json", "a", "--batch", "2"],
            "--batch 2 is for --http, --http-unix and --resp, but RESP IDENTIFY AS JSON, a has no \
             batches",
        ),
        (
            &["--saved", "a", "--batch", "3"],
            "--batch 3 needs a target: --http, --http-unix or --resp",
        ),
        (
            &["--resp", "a", "--plot", "x.svg", "--hdr", "x.svg"],
            "--hdr and --plot must not name the same file: x.svg",
        ),
    ] {
        let ran = bench(arguments.iter().copied());
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(
            ran.stderr.starts_with(&format!("error: {error}\n")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_header_and_a_path_are_refused_with_what_is_wrong_in_them_and_without_a_token() {
    for (option, value, shown, reason) in [
        (
            "--header",
            "Authorization Bearer x",
            "(hidden)",
            "expected NAME: VALUE, but there is no colon",
        ),
        (
            "--header",
            "X Y: secret",
            "(hidden)",
            "a name must have only letters, digits, - and _ but has ' '",
        ),
        (
            "--header",
            "X: secret\nY: z",
            "(hidden)",
            r"a value must have no control characters except tabs but has '\n'",
        ),
        ("--path", "x", "x", "a path must begin with /"),
        (
            "--path",
            "/a b",
            "/a b",
            "the path and query must be visible ASCII without # but have ' '; percent-encode other \
             characters",
        ),
    ] {
        let ran = bench(["--http", "http://a/", option, value]);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{value}");
        let error = format!("error: invalid value '{shown}' for '{option} <");
        assert!(ran.stderr.starts_with(&error), "{}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    }
}

#[test]
fn the_text_of_the_first_error_is_shown() {
    let body = r#"{"result":{"resultCode":"PARAM_ILLEGAL","resultStatus":"F"},"detail":"openId is \u001b[31m missing."}"#;
    let server = Server::tcp(move |number| match number {
        0 => Act::Answer(http("503 Busy", "come back later\n")),
        _ => Act::Answer(http("200 OK", body)),
    });
    let url = format!("http://{}", server.address);
    let load = ["--connections", "1"].into_iter().chain(SHORT);
    let ran = bench(["--http", &*url].into_iter().chain(load));
    let wanted = "    the first: HTTP status 503: come back later\n";
    assert!(ran.stdout.contains(wanted), "{}", ran.stdout);
    let load = ["--connections", "1"].into_iter().chain(SHORT);
    let ran = bench(["--http", &*url].into_iter().chain(load));
    let wanted = "    the first: response without resultStatus S: {\"result\":";
    assert!(
        ran.stdout.contains(wanted) && !ran.stdout.contains('\x1b'),
        "{}",
        ran.stdout
    );

    let error = "-WRONGPASS invalid username\r\n";
    let server = Server::unix(move |_| Act::Answer(error.into()));
    let (status, run) = bench_json(["--resp", &*server.address].into_iter().chain(SHORT));
    assert_eq!(status, 1);
    assert_eq!(run["errors"]["first"]["text"], "WRONGPASS invalid username");
    assert_eq!(run["errors"]["first"]["kind"], "error reply WRONGPASS");
}
