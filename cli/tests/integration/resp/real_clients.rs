//! Common Redis clients, with their defaults. `scripts/test` installs them: those that come from npm and
//! PyPI in the versions that it names, the others as the system has them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::serve::daemon::Daemon;

/// Returns the version of a client that `scripts/test` installs, which it names `name`.
fn pinned(name: &str) -> &'static str {
    let script = include_str!("../../../../scripts/test");
    let line = format!("readonly {name}=");
    let version = script.lines().find_map(|text| text.strip_prefix(&line));
    version.expect("the script names the version")
}

/// Asserts that a client of the system, which reports `version`, is not older than `least`, and prints both: what
/// older ones do is not known.
fn assert_at_least(client: &str, version: &str, least: [u32; 2]) {
    let version = version.trim();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let [Some(major), Some(minor)] = [numbers.next().flatten(), numbers.next().flatten()] else {
        panic!("{client} has the version {version:?}");
    };
    let [least_major, least_minor] = least;
    println!("{client} {version}, at least {least_major}.{least_minor}");
    assert!([major, minor] >= least, "{client} {version} is too old");
}

/// Returns the folder into which `scripts/test` installs a kind of tools.
fn installed(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/tools")
        .join(kind)
}

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
    let version = run(Command::new("redis-cli").arg("--version"));
    let version = version.strip_prefix("redis-cli ").unwrap_or(&version);
    assert_at_least("redis-cli", version, [7, 0]);
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
import json, sys, threading, redis

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
    json_text = client.execute_command("IDENTIFY", "28100104x", "user-42", "AS", "JSON")
    assert json.loads(json_text)["codeValue"] == "28100104x"
    # The default is a transaction.
    for pipeline in (client.pipeline(transaction=False), client.pipeline()):
        count = 100_000 if protocol == 2 else 10_000
        for n in range(count):
            pipeline.execute_command("IDENTIFY", "28100104-%d" % n, "user-42")
        pipeline.execute_command("IDENTIFY", "", "user-42")
        *replies, last = pipeline.execute(raise_on_error=False)
        values = [a["codeValue"] if protocol == 3 else a[5] for a in replies]
        assert values == ["28100104-%d" % n for n in range(count)]
        assert isinstance(last, redis.ResponseError)
    with client.pipeline() as pipeline:
        pipeline.watch("key")
        pipeline.multi()
        pipeline.execute_command("IDENTIFY", "28100104x", "user-42")
        assert pipeline.execute() == [supported]
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
print(redis.__version__)
"#;
    let daemon = Daemon::start();
    let version = run(Command::new("python3")
        .env("PYTHONPATH", installed("python"))
        .args(["-c", SCRIPT])
        .arg(daemon.resp_socket()));
    assert_eq!(version.trim_end(), pinned("REDIS_PY"));
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
    const json = await client.sendCommand(["IDENTIFY", "28100104x", "user-42", "AS", "JSON"]);
    assert.equal(JSON.parse(json).codeValue, "28100104x");
    // Commands of one turn of the event loop are sent as a pipeline.
    const codes = Array.from({ length: 20000 }, (_, n) => `28100104-${n}`);
    const values = (replies) => replies.map((reply) => RESP == 3 ? reply.codeValue : reply[5]);
    const replies = await Promise.all(codes.map((code) => client.sendCommand(["IDENTIFY", code, "user-42"])));
    assert.deepEqual(values(replies), codes);
    const several = () => codes.slice(0, 5000).reduce(
      (multi, code) => multi.addCommand(["IDENTIFY", code, "user-42"]), client.multi());
    assert.deepEqual(values(await several().exec()), codes.slice(0, 5000));
    assert.deepEqual(values(await several().execAsPipeline()), codes.slice(0, 5000));
    assert.equal(await client.watch("key"), "OK");
    await assert.rejects(client.multi().addCommand(["NOPE"]).ping().exec(), /unknown command 'NOPE'/);
    assert.equal(await client.ping(), "PONG");
    const both = await client.sendCommand(["MIDENTIFY", "28100104x", "user-42", "x", "user-42"]);
    assert.equal(both.length, 2);
    await client.close();
  }
  console.log(require("redis/package.json").version);
}
main();
"#;
    let daemon = Daemon::start();
    assert_eq!(run_node(SCRIPT, &daemon), pinned("NODE_REDIS"));
}

#[test]
fn ioredis_identifies_alone_in_pipelines_and_in_transactions() {
    const SCRIPT: &str = r#"
const assert = require("node:assert");
const Redis = require("ioredis");

async function main() {
  const client = new Redis(process.argv[1]);
  client.on("error", (error) => { throw error; });
  const expected = ["isSupported", 1, "postCodeMatchActionType", "DECODE", "codeValue", "28100104x"];
  assert.deepEqual(await client.call("IDENTIFY", "28100104x", "user-42"), expected);
  assert.equal(JSON.parse(await client.call("IDENTIFY", "28100104x", "user-42", "AS", "JSON")).codeValue, "28100104x");
  await assert.rejects(client.call("IDENTIFY", "x", "u"), /openId must have 3 to 256 characters/);
  const codes = Array.from({ length: 20000 }, (_, n) => `28100104-${n}`);
  for (const batch of [client.pipeline(), client.multi()]) {
    for (const code of codes) batch.call("IDENTIFY", code, "user-42");
    batch.call("IDENTIFY", "x", "u");
    const replies = await batch.exec();
    const [error] = replies.pop();
    assert.match(error.message, /openId must have 3 to 256 characters/);
    assert.deepEqual(replies.map(([, reply]) => reply[5]), codes);
  }
  await client.watch("key");
  const aborted = client.multi().call("NOPE").call("PING").exec();
  await assert.rejects(aborted, /EXECABORT/);
  assert.equal(await client.ping(), "PONG");
  await client.quit();
  console.log(require("ioredis/package.json").version);
}
main();
"#;
    let daemon = Daemon::start();
    assert_eq!(run_node(SCRIPT, &daemon), pinned("IOREDIS"));
}

/// Runs a script with the socket of `daemon` as its argument, and returns the line that it prints.
fn run_node(script: &str, daemon: &Daemon) -> String {
    let report = run(Command::new("node")
        .env("NODE_PATH", installed("node/node_modules"))
        .args(["-e", script])
        .arg(daemon.resp_socket()));
    report.trim_end().to_owned()
}

#[test]
fn redis_rb_identifies_alone_in_pipelines_and_in_transactions() {
    const SCRIPT: &str = r#"
require "json"
require "redis"

client = Redis.new(path: ARGV[0])
expected = ["isSupported", 1, "postCodeMatchActionType", "DECODE", "codeValue", "28100104x"]
raise "alone" unless client.call("IDENTIFY", "28100104x", "user-42") == expected
json = JSON.parse(client.call("IDENTIFY", "28100104x", "user-42", "AS", "JSON"))
raise "JSON" unless json["codeValue"] == "28100104x"
begin
  client.call("IDENTIFY", "x", "u")
  raise "no error"
rescue Redis::CommandError => error
  raise unless error.message.include?("openId must have 3 to 256 characters")
end
codes = (0...20_000).map { |n| "28100104-#{n}" }
[:pipelined, :multi].each do |kind|
  replies = client.public_send(kind) do |batch|
    codes.each { |code| batch.call(["IDENTIFY", code, "user-42"]) }
  end
  raise kind.to_s unless replies.map { |reply| reply[5] } == codes
end
raise "WATCH" unless client.watch("key") { client.multi { |batch| batch.call(["PING"]) } } == ["PONG"]
raise "PING" unless client.ping == "PONG"
puts Redis::VERSION
"#;
    let daemon = Daemon::start();
    let report = run(Command::new("ruby")
        .args(["-e", SCRIPT])
        .arg(daemon.resp_socket()));
    assert_at_least("redis-rb", &report, [4, 8]);
}

#[test]
fn phpredis_identifies_alone_in_pipelines_and_in_transactions() {
    const SCRIPT: &str = r#"
function check($is, $what) { if (!$is) { fwrite(STDERR, "$what\n"); exit(1); } }
$client = new Redis();
$client->connect($argv[1]);
$expected = ["isSupported", 1, "postCodeMatchActionType", "DECODE", "codeValue", "28100104x"];
check($client->rawCommand("IDENTIFY", "28100104x", "user-42") === $expected, "alone");
$json = json_decode($client->rawCommand("IDENTIFY", "28100104x", "user-42", "AS", "JSON"));
check($json->codeValue === "28100104x", "JSON");
try {
    $client->rawCommand("IDENTIFY", "x", "u");
    check(false, "no error");
} catch (RedisException $error) {
    check(str_contains($error->getMessage(), "openId must have 3 to 256 characters"), "the text of an error");
}
foreach ([[Redis::MULTI, 1000], [Redis::PIPELINE, 20000]] as [$mode, $count]) {
    $batch = $client->multi($mode);
    for ($n = 0; $n < $count; $n++) $batch->rawCommand("IDENTIFY", "28100104-$n", "user-42");
    $replies = $batch->exec();
    check(count($replies) === $count, "the number of replies");
    foreach ($replies as $n => $reply) check($reply[5] === "28100104-$n", "reply $n");
}
check($client->watch("key") === true, "WATCH");
check($client->multi()->rawCommand("IDENTIFY", "x", "user-42") instanceof Redis, "MULTI");
check($client->discard() === true, "DISCARD");
check($client->ping() === true, "PING");
echo phpversion("redis");
"#;
    let daemon = Daemon::start();
    let report = run(Command::new("php")
        .args(["-r", SCRIPT])
        .arg(daemon.resp_socket()));
    assert_at_least("phpredis", &report, [5, 3]);
}

#[test]
fn hiredis_identifies_alone_in_pipelines_and_in_transactions() {
    const PROGRAM: &str = r#"
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    redisContext *client = redisConnectUnix(arguments[count - 1]);
    if (!client || client->err) return 1;
    // The first redisGetReply writes all of them.
    for (int n = 0; n < 100000; n++) redisAppendCommand(client, "IDENTIFY 28100104-%d user-42", n);
    for (int n = 0; n < 100000; n++) {
        char expected[32];
        redisReply *reply;
        snprintf(expected, sizeof expected, "28100104-%d", n);
        if (redisGetReply(client, (void **)&reply) != REDIS_OK) return 2;
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 6) return 3;
        if (reply->element[1]->integer != 1 || strcmp(reply->element[5]->str, expected)) return 4;
        freeReplyObject(reply);
    }
    redisReply *reply = NULL;
    redisAppendCommand(client, "MULTI");
    redisAppendCommand(client, "IDENTIFY 28100104x user-42 AS JSON");
    redisAppendCommand(client, "EXEC");
    for (int n = 0; n < 3; n++) {
        if (reply) freeReplyObject(reply);
        if (redisGetReply(client, (void **)&reply) != REDIS_OK) return 6;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1) return 7;
    if (!strstr(reply->element[0]->str, "\"codeValue\":\"28100104x\"")) return 8;
    freeReplyObject(reply);
    reply = redisCommand(client, "IDENTIFY %b user-42", "", (size_t)0);
    if (!reply || reply->type != REDIS_REPLY_ERROR) return 5;
    printf("%d.%d.%d\n%s\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, reply->str);
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
    let report = run(Command::new(program).arg(daemon.resp_socket()));
    let (version, error) = report.split_once('\n').unwrap();
    assert_at_least("hiredis", version, [0, 14]);
    let expected = "PARAM_ILLEGAL codeValue must have 1 to 8192 characters but has 0.\n";
    assert_eq!(error, expected);
}
