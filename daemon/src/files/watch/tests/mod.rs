//! Real commands change files, and a watch announces what a file holds when they are done.

mod changes;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use notify::ErrorKind;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::FileWatch;
use super::mount::is_mount_point;
use crate::regular_file::ReadError;
use crate::settings::{self, WatchMode};

/// Longer than any step here takes, even on a slow machine.
const LONG: Duration = Duration::from_secs(60);

const NEVER: Duration = Duration::from_secs(24 * 3600);

/// Events only: no poll comes before a test ends.
const EVENTS: settings::Watch = settings::Watch {
    mode: WatchMode::Events,
    debounce: Duration::from_millis(100),
    poll_interval: NEVER,
};

/// Polling only, as on a file system without events.
const POLLING: settings::Watch = settings::Watch {
    mode: WatchMode::Poll,
    debounce: Duration::from_millis(100),
    poll_interval: Duration::from_millis(100),
};

/// A directory for the file `routes.json` and the shell scripts that change it.
struct Fixture {
    root: TempDir,
    path: PathBuf,
}

/// Reads the file whenever a change is announced.
struct Reader {
    announced: UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Fixture {
    fn new(below: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(below).join("routes.json");
        Self { root, path }
    }

    /// Runs `script` on another thread, so that the watching continues meanwhile.
    async fn run(&self, script: &str) {
        let mut command = Command::new("sh");
        command
            .args(["-ec", script])
            .current_dir(self.root.path())
            .env("F", "routes.json")
            .env("D", "directory");
        let status = spawn_blocking(move || command.status()).await.unwrap();
        assert!(status.unwrap().success(), "{script}");
    }

    fn watch(&self, settings: &settings::Watch) -> FileWatch {
        FileWatch::new(&self.path, 100, settings)
    }
}

impl Reader {
    /// Starts to watch a file that was read before.
    fn begin(watch: FileWatch) -> Self {
        let (tell, announced) = unbounded_channel();
        let task = tokio::spawn(async move {
            loop {
                watch.changed().await;
                let read = match watch.read_settled().await {
                    Ok(bytes) => String::from_utf8(bytes).unwrap().trim_end().to_owned(),
                    Err(error) => error.to_string(),
                };
                if tell.send(read).is_err() {
                    return;
                }
            }
        });
        Self { announced, task }
    }

    /// Returns the content that the next announced change led to.
    async fn next(&mut self) -> String {
        let next = timeout(LONG, self.announced.recv());
        next.await.expect("a change is announced").unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(watch: &FileWatch) -> String {
    String::from_utf8(watch.read_settled().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_file_is_noticed_that_is_created_with_its_directories() {
    for settings in [&EVENTS, &POLLING] {
        let fixture = Fixture::new("a/b/c");
        let watch = fixture.watch(settings);
        assert!(matches!(watch.read_settled().await, Err(ReadError::Absent)));
        let mut reader = Reader::begin(watch);
        fixture
            .run("mkdir a; sleep 0.1; mkdir a/b; sleep 0.1; mkdir a/b/c; printf '[1]' > a/b/c/$F")
            .await;
        assert_eq!(reader.next().await, "[1]");
        fixture
            .run("rm -r a; mkdir -p a/b/c; printf '[2]' > a/b/c/$F")
            .await;
        assert_eq!(reader.next().await, "[2]");
    }
}

#[tokio::test]
async fn an_operation_that_leaves_the_content_alone_is_not_announced() {
    for settings in [&EVENTS, &POLLING] {
        let fixture = Fixture::new("");
        fixture.run("printf '[1]' > $F").await;
        let watch = fixture.watch(settings);
        assert_eq!(read(&watch).await, "[1]");
        let mut reader = Reader::begin(watch);
        for script in [
            "touch $F; chmod 600 $F",
            "cat $F $F $F > /dev/null",
            "cp $F x; cat x > $F",
            "cp $F x; mv x $F",
            "rm -f x; mv $F x; sleep 0.3; mv x $F",
            "echo '[3]' > other; rm other",
        ] {
            fixture.run(script).await;
        }
        fixture.run("printf '[2]' > $F").await;
        assert_eq!(reader.next().await, "[2]");
        assert!(reader.announced.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_file_that_stays_broken_or_missing_is_announced_once_and_so_is_its_repair() {
    tokio::join!(break_and_repair(&EVENTS), break_and_repair(&POLLING));
}

async fn break_and_repair(settings: &settings::Watch) {
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > $F").await;
    let watch = fixture.watch(settings);
    assert_eq!(read(&watch).await, "[1]");
    let mut reader = Reader::begin(watch);
    for (script, expected) in [
        ("printf '[1' > $F", "[1"),
        (": > $F", ""),
        ("rm $F", "there is no such file"),
        ("mkdir $F", "it is a directory, not a file"),
        ("rmdir $F; mkfifo $F", "it is a FIFO, not a file"),
        ("rm $F; seq 100 > $F", "it has more than 100 bytes"),
        ("printf '[1]' > $F", "[1]"),
    ] {
        fixture.run(script).await;
        assert_eq!(reader.next().await, expected);
    }
    assert!(reader.announced.try_recv().is_err());
}

/// The test starts itself again in a mount namespace of its own.
#[tokio::test]
async fn a_file_that_is_a_mount_point_is_polled() {
    const MOUNTED: &str = "CODEID_TEST_MOUNTED";
    if let Some(root) = std::env::var_os(MOUNTED).map(PathBuf::from) {
        let mounted = root.join("mounted");
        assert!(is_mount_point(&mounted));
        let watch = FileWatch::new(&mounted, 100, &POLLING);
        assert_eq!(read(&watch).await, "[1]");
        std::fs::write(root.join("outside"), "[2]").unwrap();
        timeout(LONG, watch.changed()).await.unwrap();
        assert_eq!(read(&watch).await, "[2]");
        return;
    }
    let test = std::thread::current().name().unwrap().to_owned();
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > outside; : > mounted").await;
    let run = |script: &str| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-ec", script])
            .arg(std::env::current_exe().unwrap())
            .current_dir(fixture.root.path())
            .env(MOUNTED, fixture.root.path())
            .output()
    };
    let mounted = run("mount --bind outside mounted").expect("unshare is installed");
    assert!(
        mounted.status.success(),
        "this test mounts a file in a user namespace, which the system must allow (sysctl \
         kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0, or \
         --security-opt for a container): {mounted:?}"
    );
    let output = run(&format!(
        "mount --bind outside mounted; exec \"$0\" --exact {test} --nocapture"
    ))
    .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn events_of_other_files_do_not_delay_an_announcement() {
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > $F").await;
    let watch = fixture.watch(&EVENTS);
    assert_eq!(read(&watch).await, "[1]");
    let mut reader = Reader::begin(watch);
    let noise = tokio::spawn({
        let other = fixture.root.path().join("other");
        async move {
            loop {
                std::fs::write(&other, "x").unwrap();
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    fixture.run("printf '[2]' > $F").await;
    assert_eq!(reader.next().await, "[2]");
    noise.abort();
}

#[tokio::test]
async fn a_read_waits_for_the_rest_of_a_half_written_file() {
    let fixture = Fixture::new("");
    fixture.run("printf '[1' > $F").await;
    let watch = fixture.watch(&EVENTS);
    let (content, ()) = tokio::join!(read(&watch), fixture.run("sleep 0.3; printf ',2]' >> $F"));
    assert_eq!(content, "[1,2]");
}

#[tokio::test]
async fn a_file_that_never_settles_is_read_after_five_seconds() {
    let fixture = Fixture::new("");
    fixture.run("printf '[' > $F").await;
    let watch = fixture.watch(&EVENTS);
    let (path, next) = (fixture.path.clone(), fixture.root.path().join("next"));
    let restless = tokio::spawn(async move {
        for count in 0_u64.. {
            std::fs::write(&next, format!("[{count}")).unwrap();
            std::fs::rename(&next, &path).unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(read(&watch).await.starts_with('['));
    timeout(LONG, watch.changed()).await.unwrap();
    restless.abort();
}

#[tokio::test]
async fn a_change_is_not_lost_when_the_waiting_call_is_dropped() {
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > $F").await;
    let watch = fixture.watch(&EVENTS);
    assert_eq!(read(&watch).await, "[1]");
    let interrupted = async {
        // Shorter than the debounce time, and than the time allowed for half a file.
        while timeout(Duration::from_millis(50), watch.changed())
            .await
            .is_err()
        {}
    };
    let (announced, ()) = tokio::join!(
        timeout(LONG, interrupted),
        fixture.run("printf '[' > $F; sleep 0.3; printf '2]' >> $F")
    );
    announced.unwrap();
    assert_eq!(read(&watch).await, "[2]");
}

#[tokio::test]
async fn a_file_that_was_never_read_is_announced_at_once() {
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > $F").await;
    let watch = fixture.watch(&EVENTS);
    timeout(LONG, watch.changed()).await.unwrap();
    assert_eq!(read(&watch).await, "[1]");
}

#[tokio::test]
async fn a_file_is_polled_when_the_system_cannot_watch_it() {
    let settings = settings::Watch {
        mode: WatchMode::Events,
        ..POLLING
    };
    let fixture = Fixture::new("");
    fixture.run("printf '[1]' > $F").await;
    let watch = FileWatch::with_watcher(&fixture.path, 100, &settings, |_| {
        Err(notify::Error::new(ErrorKind::MaxFilesWatch))
    });
    assert_eq!(read(&watch).await, "[1]");
    let trouble = watch.trouble();
    let mut reader = Reader::begin(watch);
    fixture.run("printf '[2]' > $F").await;
    assert_eq!(reader.next().await, "[2]");
    assert!(trouble().is_some());
}
