//! Compiles that end, and those in which the process dies.

use tempfile::TempDir;

use super::*;

/// Begins to compile `config` as a process that dies of it.
fn die_compiling(path: &Path, config: &[u8]) {
    let journal = Arc::new(Journal::open(path));
    std::mem::forget(journal.begin(ConfigDigest::new(config)));
}

fn directory() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/deep/compiling.json");
    (directory, path)
}

#[test]
fn a_journal_beside_that_of_another_process_records_nothing_at_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("compiling.json");
    let (config, other) = (ConfigDigest::new(b"a"), ConfigDigest::new(b"b"));
    for _ in 0..2 {
        std::mem::forget(Arc::new(Journal::open(&path)).begin(config));
    }
    let written = fs::read(&path).unwrap();
    let beside = Arc::new(Journal::open_beside(&path));
    drop(beside.begin(other));
    assert_eq!(fs::read(&path).unwrap(), written);
    // The compile that it has found is one of a process that lives.
    assert_eq!(beside.state.lock().deaths.get(&config), Some(&1));
    beside.begin_to_record();
    std::mem::forget(beside.begin(other));
    assert_ne!(fs::read(&path).unwrap(), written);
}

#[test]
fn a_config_is_set_aside_at_its_third_death_and_no_other_config_is() {
    let (_directory, path) = directory();
    let (fatal, good) = (ConfigDigest::new(b"fatal"), ConfigDigest::new(b"good"));
    for deaths in 1..=3 {
        die_compiling(&path, b"fatal");
        let journal = Journal::open(&path);
        assert_eq!(journal.fatal_deaths(fatal), (deaths == 3).then_some(3));
        assert_eq!(journal.fatal_deaths(good), None);
    }
    // Compiling another config does not clear its count.
    drop(Arc::new(Journal::open(&path)).begin(good));
    assert_eq!(Journal::open(&path).fatal_deaths(fatal), Some(3));
    assert_eq!(Journal::open(&path).fatal_deaths(good), None);
}

#[test]
fn a_compile_that_ends_clears_its_deaths_and_leaves_no_file() {
    let (_directory, path) = directory();
    die_compiling(&path, b"a");
    die_compiling(&path, b"a");
    let journal = Arc::new(Journal::open(&path));
    let compiling = journal.begin(ConfigDigest::new(b"a"));
    assert!(path.exists());
    drop(compiling);
    assert!(!path.exists());
    die_compiling(&path, b"a");
    assert_eq!(
        Journal::open(&path).fatal_deaths(ConfigDigest::new(b"a")),
        None
    );
}

#[test]
fn a_panic_ends_a_compile_and_is_not_a_death() {
    let (_directory, path) = directory();
    let journal = Arc::new(Journal::open(&path));
    let compile = std::panic::AssertUnwindSafe(|| {
        let _compiling = journal.begin(ConfigDigest::new(b"a"));
        panic!("on purpose");
    });
    assert!(std::panic::catch_unwind(compile).is_err());
    assert!(!path.exists());
}

#[test]
fn neither_a_clean_shutdown_nor_a_compile_begun_after_it_is_a_death() {
    let (_directory, path) = directory();
    let journal = Arc::new(Journal::open(&path));
    std::mem::forget(journal.begin(ConfigDigest::new(b"a")));
    journal.close();
    assert!(!path.exists());
    std::mem::forget(journal.begin(ConfigDigest::new(b"b")));
    assert!(!path.exists());
}

#[test]
fn a_shutdown_leaves_the_file_of_another_process_alone_after_a_failure_to_write() {
    let (_directory, path) = directory();
    let journal = Arc::new(Journal::open(&path));
    fs::create_dir_all(&path).unwrap();
    drop(journal.begin(ConfigDigest::new(b"a")));
    fs::remove_dir(&path).unwrap();
    journal.hold();
    fs::write(&path, "of another process").unwrap();
    journal.close();
    assert_eq!(fs::read(&path).unwrap(), b"of another process");
}

#[test]
fn a_clean_shutdown_does_not_clear_the_deaths_of_other_configs() {
    let (_directory, path) = directory();
    for _ in 0..3 {
        die_compiling(&path, b"fatal");
    }
    let journal = Arc::new(Journal::open(&path));
    std::mem::forget(journal.begin(ConfigDigest::new(b"good")));
    journal.close();
    let journal = Journal::open(&path);
    assert_eq!(journal.fatal_deaths(ConfigDigest::new(b"fatal")), Some(3));
    assert!(journal.state.lock().deaths.len() == 1);
}

#[test]
fn a_malformed_journal_is_ignored_and_replaced() {
    let digest = "0".repeat(64);
    let of_version = |version: &str, digest: &str, others: &str| {
        format!(r#"{{"codeid":"{version}","sha256":"{digest}","deaths":2,"others":{others}}}"#)
    };
    for garbled in [
        String::new(),
        "{".to_owned(),
        "\0\u{1}".to_owned(),
        of_version(VERSION, "abc", "{}"),
        of_version(VERSION, &digest, r#"{"x": 3}"#),
        of_version(VERSION, &digest, r#"{"x": -1}"#),
        of_version("0.0.0", &digest, "{}"),
        " ".repeat(100_000),
    ] {
        let (_directory, path) = directory();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &garbled).unwrap();
        let journal = Arc::new(Journal::open(&path));
        assert!(journal.state.lock().deaths.is_empty(), "{garbled}");
        let compiling = journal.begin(ConfigDigest::new(b"a"));
        let recorded = read(&path).unwrap().compiling;
        assert_eq!(recorded, Some(ConfigDigest::new(b"a")), "{garbled}");
        drop(compiling);
        assert!(!path.exists());
    }
}

#[test]
fn a_journal_that_cannot_be_written_does_not_prevent_compiling() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [directory.path().to_owned(), file.join("below")] {
        let journal = Arc::new(Journal::open(&path));
        drop(journal.begin(ConfigDigest::new(b"a")));
        drop(journal.begin(ConfigDigest::new(b"a")));
        assert_eq!(journal.fatal_deaths(ConfigDigest::new(b"a")), None);
        journal.close();
    }
}

#[test]
fn a_journal_counts_the_deaths_of_a_bounded_number_of_configs() {
    let (_directory, path) = directory();
    for config in 0_u8..=100 {
        die_compiling(&path, &[config]);
    }
    assert!(fs::read(&path).unwrap().len() < MAX_BYTES);
    assert!(Journal::open(&path).state.lock().deaths.len() <= MAX_CONFIGS + 1);
}
