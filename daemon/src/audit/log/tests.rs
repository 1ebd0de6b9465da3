use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::SystemTime;

use tempfile::TempDir;

use super::super::verify::{FaultKind, verify};
use super::*;

struct Fixture {
    directory: TempDir,
    settings: Audit,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = Audit {
            path: directory.path().join("data/audit.jsonl"),
            max_bytes: 1 << 20,
            keep: Duration::from_hours(24 * 400),
            syslog_path: None,
        };
        Self {
            directory,
            settings,
        }
    }

    fn open(&self) -> AuditLog {
        AuditLog::open(&self.settings, Clock::from_fn(|| SystemTime::UNIX_EPOCH)).unwrap()
    }

    fn lines(&self) -> Vec<Line> {
        lines(&self.settings.path)
    }

    /// Puts a directory in the place of the file, so that it cannot be written.
    fn block(&self) {
        fs::rename(&self.settings.path, self.directory.path().join("aside")).unwrap();
        fs::create_dir(&self.settings.path).unwrap();
    }

    fn unblock(&self) {
        fs::remove_dir(&self.settings.path).unwrap();
        fs::rename(self.directory.path().join("aside"), &self.settings.path).unwrap();
    }
}

fn lines(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn action(who: &str) -> Action {
    Action {
        who: who.to_owned(),
        name: "apply",
        to: Some(ConfigDigest::new(b"x")),
        ..Action::default()
    }
}

async fn act(log: &AuditLog, who: &str) {
    let intent = log.intend(action(who)).await.unwrap();
    log.conclude(intent, None, None, Outcome::Done).await;
}

#[tokio::test]
async fn an_action_is_recorded_before_and_after_it() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let intent = log.intend(action("uid 1\n\"")).await.unwrap();
    let intended = fixture.lines().pop().unwrap();
    assert_eq!(intended.outcome, Line::INTENDED);
    assert_eq!((intended.seq, &*intended.who), (1, "uid 1\n\""));
    assert_eq!(intended.to, Some(ConfigDigest::new(b"x")));
    assert_eq!(intended.time, "1970-01-01T00:00:00+00:00");
    let refused = Outcome::Refused(ErrorCode::IfMatchStale);
    log.conclude(intent, None, None, refused).await;
    let concluded = fixture.lines().pop().unwrap();
    assert_eq!(concluded.outcome, "ifMatchStale");
    assert_eq!((concluded.seq, concluded.intent), (2, Some(1)));
    let report = verify(&fixture.settings.path).unwrap();
    assert!(report.is_sound());
    assert_eq!((report.lines, report.unfinished.len()), (2, 0));
}

#[tokio::test]
async fn the_chain_goes_on_after_a_start_and_a_torn_line_is_removed() {
    let fixture = Fixture::new();
    act(&fixture.open(), "a").await;
    let _intent = fixture.open().intend(action("b")).await.unwrap();
    let mut bytes = fs::read(&fixture.settings.path).unwrap();
    bytes.push(b'{');
    fs::write(&fixture.settings.path, bytes).unwrap();
    let report = verify(&fixture.settings.path).unwrap();
    assert_eq!(report.faults[0].kind, FaultKind::Torn);
    act(&fixture.open(), "c").await;
    let report = verify(&fixture.settings.path).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.unfinished, [3]);
    let lines = fixture.lines();
    let reason = lines[3].reason.as_deref();
    assert_eq!(
        reason,
        Some("removed 1 byte of a line that was not written whole")
    );
    let actions: Vec<_> = lines.into_iter().map(|line| line.action).collect();
    let expected = ["apply", "apply", "apply", "repair", "apply", "apply"];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn a_change_of_any_line_is_found() {
    let fixture = Fixture::new();
    let log = fixture.open();
    for who in ["a", "b", "c"] {
        act(&log, who).await;
    }
    let text = fs::read_to_string(&fixture.settings.path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let sound = |lines: &[&str]| {
        fs::write(&fixture.settings.path, lines.join("\n") + "\n").unwrap();
        verify(&fixture.settings.path).unwrap().is_sound()
    };
    assert!(sound(&lines));
    for changed in 0..lines.len() - 1 {
        let other = lines[changed].replace("apply", "reload");
        let mut forged = lines.clone();
        forged[changed] = &other;
        assert!(!sound(&forged), "{changed}");
        if changed > 0 {
            let mut shorter = lines.clone();
            shorter.remove(changed);
            assert!(!sound(&shorter), "{changed}");
        }
        let mut longer = lines.clone();
        longer.insert(changed, lines[changed]);
        assert!(!sound(&longer), "{changed}");
    }
}

#[tokio::test]
async fn a_long_file_is_rotated_and_the_chain_spans_the_files() {
    let mut fixture = Fixture::new();
    fixture.settings.max_bytes = 1000;
    for _ in 0..3 {
        let log = fixture.open();
        for who in ["a", "b"] {
            act(&log, who).await;
        }
    }
    let report = verify(&fixture.settings.path).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.files.len() > 2);
    assert_eq!((report.lines, report.last), (12, Some(12)));
    // A file that another program has moved away is created again, and the chain goes on.
    let log = fixture.open();
    fs::remove_file(&fixture.settings.path).unwrap();
    act(&log, "c").await;
    assert_eq!(fixture.lines()[0].seq, 13);
}

#[tokio::test]
async fn an_action_without_a_record_is_refused_and_a_late_outcome_is_written_later() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let intent = log.intend(action("a")).await.unwrap();
    fixture.block();
    let refused = log.intend(action("b")).await.unwrap_err();
    assert!(matches!(refused, AuditError::Unwritten(_)));
    log.conclude(intent, None, None, Outcome::Done).await;
    fixture.unblock();
    act(&log, "c").await;
    let recorded: Vec<_> = fixture
        .lines()
        .into_iter()
        .map(|line| (line.seq, line.who, line.outcome))
        .collect();
    let expected = [
        (1, "a", "intended"),
        (2, "a", "done"),
        (3, "c", "intended"),
        (4, "c", "done"),
    ];
    let expected = expected.map(|(seq, who, outcome)| (seq, who.to_owned(), outcome.to_owned()));
    assert_eq!(recorded, expected);
    assert!(verify(&fixture.settings.path).unwrap().is_sound());
}

#[tokio::test]
async fn one_of_two_sinks_suffices() {
    let mut fixture = Fixture::new();
    let socket = fixture.directory.path().join("log");
    let syslog = UnixDatagram::bind(&socket).unwrap();
    let receive = || {
        let mut bytes = [0; 4096];
        let length = syslog.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    fixture.settings.syslog_path = Some(socket.clone());
    let log = fixture.open();
    act(&log, "a").await;
    let line = receive();
    assert!(line.starts_with("<85>codeid["), "{line}");
    assert!(line.ends_with('}'), "{line}");
    receive();
    // Only syslog.
    fixture.block();
    act(&log, "b").await;
    assert!(receive().contains(r#""seq":3"#));
    receive();
    fixture.unblock();
    // Only the file, which gets what it lacks.
    fs::remove_file(&socket).unwrap();
    act(&log, "c").await;
    assert_eq!(fixture.lines().len(), 6);
    assert!(verify(&fixture.settings.path).unwrap().is_sound());
    // None.
    fixture.block();
    assert!(log.intend(action("d")).await.is_err());
}

#[tokio::test]
async fn refusals_are_summed_up() {
    let fixture = Fixture::new();
    let log = fixture.open();
    for _ in 0..1000 {
        let refused = log.count_refusal("unknown ::1".to_owned(), "apply", ErrorCode::Unauthorized);
        refused.await.unwrap();
    }
    assert_eq!(fixture.lines().len(), 1);
    log.flush().await;
    let lines = fixture.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].count, lines[1].count), (None, Some(999)));
    assert_eq!(lines[1].outcome, "unauthorized");
}

#[tokio::test]
async fn the_rate_of_actions_is_bounded() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let now = Instant::now();
    let admitted = (0..3000).filter(|_| log.admit(now)).count();
    assert_eq!(admitted, 1000);
    let later = now + Duration::from_secs(1);
    assert_eq!((0..100).filter(|_| log.admit(later)).count(), 10);
    let refused = log.intend(action("a")).await;
    assert!(matches!(refused, Err(AuditError::TooMany)));
}

#[tokio::test]
async fn a_log_that_another_process_writes_admits_no_action() {
    let fixture = Fixture::new();
    let log = fixture.open();
    let own = log.intend(action("a")).await.unwrap();
    let other = log.intend(action("b")).await.unwrap();
    let closing = tokio::spawn({
        let log = log.clone();
        async move { log.close_but_for_one().await }
    });
    while log.enter().is_ok() {
        tokio::task::yield_now().await;
    }
    let refused = log.intend(action("c")).await.unwrap_err();
    assert!(matches!(refused, AuditError::HandingOver), "{refused}");
    assert!(!closing.is_finished());
    log.conclude(other, None, None, Outcome::Done).await;
    closing.await.unwrap();
    log.conclude(own, None, None, Outcome::Done).await;
    let written = fixture.lines().len();

    let successor = AuditLog::open_beside(&fixture.settings, log.0.clock.clone()).unwrap();
    assert!(successor.intend(action("d")).await.is_err());
    successor.begin_to_write(&fixture.settings).await;
    act(&successor, "d").await;
    assert_eq!(fixture.lines().len(), written + 2);
    // A successor that did not come leaves the log to the daemon before it.
    log.reopen();
    act(&log, "e").await;
    let report = verify(&fixture.settings.path).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn a_log_beside_that_of_another_process_does_not_repair_its_line() {
    let fixture = Fixture::new();
    act(&fixture.open(), "a").await;
    let mut bytes = fs::read(&fixture.settings.path).unwrap();
    bytes.push(b'{');
    fs::write(&fixture.settings.path, &bytes).unwrap();
    let clock = Clock::from_fn(|| SystemTime::UNIX_EPOCH);
    let successor = AuditLog::open_beside(&fixture.settings, clock).unwrap();
    assert_eq!(fs::read(&fixture.settings.path).unwrap(), bytes);
    successor.begin_to_write(&fixture.settings).await;
    act(&successor, "b").await;
    let report = verify(&fixture.settings.path).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
