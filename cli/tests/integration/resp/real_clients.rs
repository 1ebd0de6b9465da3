//! Common Redis clients, with their defaults. `scripts/test` installs those that are missing.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::serve::daemon::Daemon;

fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the client is installed");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{command:?}:\n{stdout}{stderr}");
    stdout
}

#[test]
fn redis_cli_shows_replies() {
    let daemon = Daemon::start();
    let cli = |version: &str, arguments: &[&str]| {
        let mut command = Command::new("redis-cli");
        run(command
            .args(["--no-raw", version, "-s"])
            .arg(daemon.resp_socket())
            .args(arguments))
    };
    let identify = ["IDENTIFY", "28100104x", "user-42"];
    assert_eq!(
        cli("-2", &identify),
        "1) \"isSupported\"\n2) (integer) 1\n3) \"postCodeMatchActionType\"\n4) \"DECODE\"\n\
         5) \"codeValue\"\n6) \"28100104x\"\n"
    );
    assert_eq!(
        cli("-3", &identify),
        "1# \"isSupported\" => (true)\n2# \"postCodeMatchActionType\" => \"DECODE\"\n\
         3# \"codeValue\" => \"28100104x\"\n"
    );
    for version in ["-2", "-3"] {
        let error = "(error) PARAM_ILLEGAL openId must have 3 to 256 characters but has 1.";
        assert_eq!(cli(version, &["IDENTIFY", "x", "u"]).trim_end(), error);
        let unknown = cli(version, &["GET", "x"]);
        assert!(
            unknown.starts_with("(error) ERR unknown command 'GET'"),
            "{unknown}"
        );
        assert_eq!(cli(version, &["PING"]), "PONG\n");
    }
}

#[test]
fn redis_benchmark_is_answered_without_an_error() {
    let daemon = Daemon::start();
    let cases: [(&str, &[&str]); 4] = [
        ("1", &["IDENTIFY", "28100104x", "user-42"]),
        ("16", &["IDENTIFY", "https://qr.example.com/x", "user-42"]),
        (
            "100",
            &["MIDENTIFY", "28100104x", "user-42", "y", "user-43"],
        ),
        ("16", &["-t", "ping"]),
    ];
    for (depth, arguments) in cases {
        // redis-benchmark ends at the first error reply.
        let report = run(Command::new("redis-benchmark")
            .args(["-n", "20000", "-c", "20", "--csv", "-P", depth, "-s"])
            .arg(daemon.resp_socket())
            .args(arguments));
        assert!(
            !report.contains("WARNING") && !report.contains("rror"),
            "{report}"
        );
        let rows = report.lines().filter(|line| line.starts_with('"'));
        assert!(rows.count() >= 2, "{report}");
    }
    daemon.stop();
}

#[test]
fn redis_py_identifies_in_both_versions_alone_in_pipelines_and_from_a_pool() {
    const SCRIPT: &str = r#"
import sys, threading, redis

for protocol in (2, 3):
    client = redis.Redis(unix_socket_path=sys.argv[1], protocol=protocol, decode_responses=True,
                         client_name="pool-1", max_connections=8)
    assert client.ping()
    supported = client.execute_command("IDENTIFY", "28100104x", "user-42")
    if protocol == 3:
        assert supported == {"isSupported": True, "postCodeMatchActionType": "DECODE",
                             "codeValue": "28100104x"}, supported
    else:
        assert supported == ["isSupported", 1, "postCodeMatchActionType", "DECODE",
                             "codeValue", "28100104x"], supported
    try:
        client.execute_command("IDENTIFY", "x", "u")
        raise SystemExit("no error")
    except redis.ResponseError as error:
        assert "openId must have 3 to 256 characters but has 1." in str(error), error
    pipeline = client.pipeline(transaction=False)
    for n in range(1000):
        pipeline.execute_command("IDENTIFY", "28100104-%d" % n, "user-42")
    pipeline.execute_command("IDENTIFY", "", "user-42")
    *replies, last = pipeline.execute(raise_on_error=False)
    values = [a["codeValue"] if protocol == 3 else a[5] for a in replies]
    assert values == ["28100104-%d" % n for n in range(1000)]
    assert isinstance(last, redis.ResponseError)
    both = client.execute_command("MIDENTIFY", "28100104x", "user-42", "x", "user-42")
    assert both[0] == supported and len(both) == 2

    def work():
        for n in range(200):
            assert client.execute_command("IDENTIFY", "28100104x", "user-42") == supported
    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert client.client_getname() == "pool-1" and client.info("replication")["role"] == "master"
    client.close()
print("done")
"#;
    let daemon = Daemon::start();
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python");
    let report = run(Command::new("python3")
        .env("PYTHONPATH", installed)
        .args(["-c", SCRIPT])
        .arg(daemon.resp_socket()));
    assert_eq!(report, "done\n");
}

#[test]
fn node_redis_identifies_in_both_versions_alone_and_in_pipelines() {
    const SCRIPT: &str = r#"
const assert = require("node:assert");
const { createClient } = require("redis");

async function main() {
  for (const RESP of [2, 3]) {
    const client = createClient({ socket: { path: process.argv[1] }, RESP });
    client.on("error", (error) => { throw error; });
    await client.connect();
    assert.equal(await client.ping(), "PONG");
    const expected = RESP == 3
      ? { isSupported: true, postCodeMatchActionType: "DECODE", codeValue: "28100104x" }
      : ["isSupported", 1, "postCodeMatchActionType", "DECODE", "codeValue", "28100104x"];
    const reply = await client.sendCommand(["IDENTIFY", "28100104x", "user-42"]);
    assert.deepEqual(RESP == 3 ? { ...reply } : reply, expected);
    await assert.rejects(client.sendCommand(["IDENTIFY", "x", "u"]), /openId must have 3 to 256 characters/);
    await assert.rejects(client.get("x"), /unknown command 'GET'/);
    // Commands of one turn of the event loop are sent as a pipeline.
    const codes = Array.from({ length: 1000 }, (_, n) => `28100104-${n}`);
    const replies = await Promise.all(codes.map((code) => client.sendCommand(["IDENTIFY", code, "user-42"])));
    assert.deepEqual(replies.map((reply) => RESP == 3 ? reply.codeValue : reply[5]), codes);
    const both = await client.sendCommand(["MIDENTIFY", "28100104x", "user-42", "x", "user-42"]);
    assert.equal(both.length, 2);
    await client.close();
  }
  console.log("done");
}
main();
"#;
    let daemon = Daemon::start();
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/node/node_modules");
    let report = run(Command::new("node")
        .env("NODE_PATH", installed)
        .args(["-e", SCRIPT])
        .arg(daemon.resp_socket()));
    assert_eq!(report, "done\n");
}

#[test]
fn hiredis_identifies() {
    const PROGRAM: &str = r#"
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    redisContext *client = redisConnectUnix(arguments[count - 1]);
    if (!client || client->err) return 1;
    for (int n = 0; n < 1000; n++) redisAppendCommand(client, "IDENTIFY 28100104-%d user-42", n);
    for (int n = 0; n < 1000; n++) {
        char expected[32];
        redisReply *reply;
        snprintf(expected, sizeof expected, "28100104-%d", n);
        if (redisGetReply(client, (void **)&reply) != REDIS_OK) return 2;
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 6) return 3;
        if (reply->element[1]->integer != 1 || strcmp(reply->element[5]->str, expected)) return 4;
        freeReplyObject(reply);
    }
    redisReply *reply = redisCommand(client, "IDENTIFY %b user-42", "", (size_t)0);
    if (!reply || reply->type != REDIS_REPLY_ERROR) return 5;
    puts(reply->str);
    freeReplyObject(reply);
    redisFree(client);
    return 0;
}
"#;
    let daemon = Daemon::start();
    let source = daemon.directory.write("client.c", PROGRAM);
    let program = daemon.directory.path().join("client");
    run(Command::new("cc")
        .args(["-Wall", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-lhiredis"));
    let error = "PARAM_ILLEGAL codeValue must have 1 to 8192 characters but has 0.\n";
    assert_eq!(run(Command::new(program).arg(daemon.resp_socket())), error);
}
