//! Files are changed by real commands, and what is announced is what the file holds when they are
//! done.

mod changes;

use std::process::Command;

use notify::ErrorKind;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::*;

/// More than anything here takes, on however slow a machine.
const LONG: Duration = Duration::from_secs(60);

const NEVER: Duration = Duration::from_secs(24 * 3600);

/// Events alone: no poll comes before the test is over.
const EVENTS: settings::Watch = settings::Watch {
    events: true,
    debounce: Duration::from_millis(100),
    poll_interval: NEVER,
};

/// Polling alone, as where the file system has no events.
const POLLING: settings::Watch = settings::Watch {
    events: false,
    debounce: Duration::from_millis(100),
    poll_interval: Duration::from_millis(100),
};

/// A directory with the file `routes.json` in it, as the shell scripts above find it.
struct Scene {
    root: TempDir,
    path: PathBuf,
}

/// Reads the file whenever a change is announced.
struct Reader {
    announced: UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Scene {
    fn new(below: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(below).join("routes.json");
        Self { root, path }
    }

    /// Runs `script`, aside, so that the watching goes on meanwhile.
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
        FileWatch::start(&self.path, 100, settings)
    }
}

impl Reader {
    /// Begins with a file that was read already.
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

    /// What the next announced change led to.
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
async fn a_file_may_come_to_be_with_its_directories() {
    for settings in [&EVENTS, &POLLING] {
        let scene = Scene::new("a/b/c");
        let watch = scene.watch(settings);
        assert!(matches!(watch.read_settled().await, Err(ReadError::Absent)));
        let mut reader = Reader::begin(watch);
        scene
            .run("mkdir a; sleep 0.1; mkdir a/b; sleep 0.1; mkdir a/b/c; printf '[1]' > a/b/c/$F")
            .await;
        assert_eq!(reader.next().await, "[1]");
        scene
            .run("rm -r a; mkdir -p a/b/c; printf '[2]' > a/b/c/$F")
            .await;
        assert_eq!(reader.next().await, "[2]");
    }
}

#[tokio::test]
async fn what_does_not_change_the_content_is_not_announced() {
    for settings in [&EVENTS, &POLLING] {
        let scene = Scene::new("");
        scene.run("printf '[1]' > $F").await;
        let watch = scene.watch(settings);
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
            scene.run(script).await;
        }
        scene.run("printf '[2]' > $F").await;
        assert_eq!(reader.next().await, "[2]");
        assert!(reader.announced.try_recv().is_err());
    }
}

#[tokio::test]
async fn what_stays_broken_or_missing_is_announced_once_and_so_is_the_repair() {
    tokio::join!(break_and_repair(&EVENTS), break_and_repair(&POLLING));
}

async fn break_and_repair(settings: &settings::Watch) {
    let scene = Scene::new("");
    scene.run("printf '[1]' > $F").await;
    let watch = scene.watch(settings);
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
        scene.run(script).await;
        assert_eq!(reader.next().await, expected);
    }
    assert!(reader.announced.try_recv().is_err());
}

/// In a mount namespace of its own, for which the test starts itself again. Where the system does
/// not allow that, there is nothing to be tested.
#[tokio::test]
async fn a_file_that_is_a_mount_of_its_own_is_polled() {
    const MOUNTED: &str = "CODEID_TEST_MOUNTED";
    if let Some(root) = std::env::var_os(MOUNTED).map(PathBuf::from) {
        let mounted = root.join("mounted");
        assert!(mount::is_mount_point(&mounted));
        let watch = FileWatch::start(&mounted, 100, &POLLING);
        assert_eq!(read(&watch).await, "[1]");
        std::fs::write(root.join("outside"), "[2]").unwrap();
        timeout(LONG, watch.changed()).await.unwrap();
        assert_eq!(read(&watch).await, "[2]");
        return;
    }
    let test = std::thread::current().name().unwrap().to_owned();
    let scene = Scene::new("");
    scene.run("printf '[1]' > outside; : > mounted").await;
    let run = |script: &str| {
        Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-ec", script])
            .arg(std::env::current_exe().unwrap())
            .current_dir(scene.root.path())
            .env(MOUNTED, scene.root.path())
            .output()
    };
    if !run("mount --bind outside mounted").is_ok_and(|output| output.status.success()) {
        println!("mounting is not allowed here");
        return;
    }
    let output = run(&format!(
        "mount --bind outside mounted; exec \"$0\" --exact {test} --nocapture"
    ))
    .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_busy_directory_delays_nothing() {
    let scene = Scene::new("");
    scene.run("printf '[1]' > $F").await;
    let watch = scene.watch(&EVENTS);
    assert_eq!(read(&watch).await, "[1]");
    let mut reader = Reader::begin(watch);
    let noise = tokio::spawn({
        let other = scene.root.path().join("other");
        async move {
            loop {
                std::fs::write(&other, "x").unwrap();
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    scene.run("printf '[2]' > $F").await;
    assert_eq!(reader.next().await, "[2]");
    noise.abort();
}

#[tokio::test]
async fn a_read_waits_until_the_writer_is_done() {
    let scene = Scene::new("");
    scene.run("printf '[1' > $F").await;
    let watch = scene.watch(&EVENTS);
    let (content, ()) = tokio::join!(read(&watch), scene.run("sleep 0.3; printf ',2]' >> $F"));
    assert_eq!(content, "[1,2]");
}

#[tokio::test]
async fn a_file_that_never_rests_is_read_all_the_same() {
    let scene = Scene::new("");
    scene.run("printf '[' > $F").await;
    let watch = scene.watch(&EVENTS);
    let (path, next) = (scene.path.clone(), scene.root.path().join("next"));
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
async fn a_call_that_is_dropped_is_carried_on_by_the_next() {
    let scene = Scene::new("");
    scene.run("printf '[1]' > $F").await;
    let watch = scene.watch(&EVENTS);
    assert_eq!(read(&watch).await, "[1]");
    let interrupted = async {
        // Shorter than the debounce time, and than the patience with half a file.
        while timeout(Duration::from_millis(50), watch.changed())
            .await
            .is_err()
        {}
    };
    let (announced, ()) = tokio::join!(
        timeout(LONG, interrupted),
        scene.run("printf '[' > $F; sleep 0.3; printf '2]' >> $F")
    );
    announced.unwrap();
    assert_eq!(read(&watch).await, "[2]");
}

#[tokio::test]
async fn nothing_read_yet_is_announced_at_once() {
    let scene = Scene::new("");
    scene.run("printf '[1]' > $F").await;
    let watch = scene.watch(&EVENTS);
    timeout(LONG, watch.changed()).await.unwrap();
    assert_eq!(read(&watch).await, "[1]");
}

#[tokio::test]
async fn without_events_to_be_had_polling_goes_on() {
    let settings = settings::Watch {
        events: true,
        ..POLLING
    };
    let scene = Scene::new("");
    scene.run("printf '[1]' > $F").await;
    let watch = FileWatch::with(&scene.path, 100, &settings, |_| {
        Err(notify::Error::new(ErrorKind::MaxFilesWatch))
    });
    assert_eq!(read(&watch).await, "[1]");
    let watched = Arc::clone(&watch.watched);
    let mut reader = Reader::begin(watch);
    scene.run("printf '[2]' > $F").await;
    assert_eq!(reader.next().await, "[2]");
    assert!(watched.trouble.lock().is_some());
}
