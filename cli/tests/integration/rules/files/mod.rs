//! T5: route configs in files, replaced in every usual way.

mod editors;
mod ways;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread::{self, sleep};
use std::time::Duration;

use self::ways::WAYS;
use super::remote::wait_until;
use super::{config, large_config, live_label, plan};
use crate::serve::daemon::{Directory, Plan, Served};

/// The source that reads the file.
#[derive(Clone, Copy, Debug)]
enum Role {
    Remote,
    Preset,
}

fn watching(plan: Plan, role: Role, path: &Path) -> Plan {
    let plan = plan.set("watch.debounce-ms=40");
    match role {
        Role::Remote => plan.set(&format!(
            "ac.route.pull-route-config-url=file://{}",
            path.display()
        )),
        Role::Preset => plan.set(&format!(
            "ac.route.preset-route-config-path={}",
            path.display()
        )),
    }
}

fn generation(daemon: &Served) -> u64 {
    daemon.status()["table"]["generation"].as_u64().unwrap()
}

fn wait_for(daemon: &Served, label: &str) {
    wait_until(label, || {
        (live_label(daemon).as_deref() == Some(label)).then_some(())
    });
}

/// Replaces the config in every way, one after the other: each must give exactly one new
/// generation.
fn replace_in_every_way(role: Role, mode: &str) {
    let plan = plan();
    let directory = plan.directory.path().join("routes");
    fs::create_dir(&directory).unwrap();
    let path = directory.join("routes.json");
    fs::write(&path, config("start")).unwrap();
    let daemon = watching(plan, role, &path)
        .set(&format!("watch.mode={mode}"))
        .set("watch.poll-interval-ms=100")
        .start();
    assert_eq!(live_label(&daemon).as_deref(), Some("start"));
    let first = generation(&daemon);
    for (count, (way, replace)) in (1..).zip(WAYS) {
        let label = format!("way-{count}");
        replace(&path, &config(&label));
        wait_for(&daemon, &label);
        assert_eq!(
            generation(&daemon),
            first + count,
            "{role:?}, {mode}: {way}"
        );
    }
}

#[test]
fn every_way_to_replace_a_file_leads_to_one_reload() {
    thread::scope(|scope| {
        for role in [Role::Remote, Role::Preset] {
            for mode in ["events", "poll"] {
                scope.spawn(move || replace_in_every_way(role, mode));
            }
        }
    });
}

/// Polling is so slow that only events can bring the new config.
#[test]
fn every_way_to_replace_a_file_is_noticed_by_events_alone() {
    let plan = plan();
    let path = plan.directory.write("routes.json", config("start"));
    let daemon = watching(plan, Role::Remote, &path)
        .set("watch.poll-interval-ms=86400000")
        .start();
    let first = generation(&daemon);
    for (count, (way, replace)) in (1..).zip(WAYS) {
        let label = format!("way-{count}");
        replace(&path, &config(&label));
        wait_for(&daemon, &label);
        assert_eq!(generation(&daemon), first + count, "{way}");
    }
}

/// The layout in which Kubernetes mounts a ConfigMap: `routes.json -> ..data/routes.json`,
/// `..data -> ..1/`; an update makes `..2/` and renames a new `..data` over the old one.
#[test]
fn each_update_of_a_config_map_is_one_reload() {
    for role in [Role::Remote, Role::Preset] {
        let plan = plan();
        let mount = plan.directory.path().join("mount");
        fs::create_dir(&mount).unwrap();
        let swap = |count: u32| {
            let version = mount.join(format!("..{count}"));
            fs::create_dir(&version).unwrap();
            fs::write(version.join("routes.json"), config(&format!("map-{count}"))).unwrap();
            symlink(format!("..{count}"), mount.join("..data_tmp")).unwrap();
            fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
            if count > 0 {
                fs::remove_dir_all(mount.join(format!("..{}", count - 1))).unwrap();
            }
        };
        swap(0);
        symlink("..data/routes.json", mount.join("routes.json")).unwrap();
        let daemon = watching(plan, role, &mount.join("routes.json"))
            .set("watch.poll-interval-ms=86400000")
            .start();
        let first = generation(&daemon);
        for count in 1..=5 {
            swap(count);
            wait_for(&daemon, &format!("map-{count}"));
            assert_eq!(generation(&daemon), first + u64::from(count), "{role:?}");
        }
    }
}

/// A file that is mounted on its own, as Kubernetes does with `subPath`, is another name of a file
/// elsewhere: what is written there arrives without an event. A hard link is the same, without the mount.
#[test]
fn a_file_that_changes_under_another_name_is_found_by_polling() {
    for role in [Role::Remote, Role::Preset] {
        let plan = plan();
        let elsewhere = plan.directory.path().join("volume");
        let mounts = plan.directory.path().join("mounts");
        fs::create_dir(&elsewhere).unwrap();
        fs::create_dir(&mounts).unwrap();
        let (source, path) = (elsewhere.join("source.json"), mounts.join("routes.json"));
        fs::write(&source, config("start")).unwrap();
        fs::hard_link(&source, &path).unwrap();
        let daemon = watching(plan, role, &path)
            .set("watch.poll-interval-ms=100")
            .start();
        let first = generation(&daemon);
        for count in 1..=5_u64 {
            let label = format!("mounted-{count}");
            fs::write(&source, config(&label)).unwrap();
            wait_for(&daemon, &label);
            assert_eq!(generation(&daemon), first + count, "{role:?}");
        }
    }
}

#[test]
fn a_file_is_found_whose_directory_is_created_later() {
    let plan = plan();
    let path = plan.directory.path().join("not/yet/there/routes.json");
    let daemon = watching(plan, Role::Remote, &path).start();
    assert_eq!(daemon.status()["table"]["level"], "PRESET");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, config("found")).unwrap();
    wait_for(&daemon, "found");
    assert_eq!(daemon.status()["table"]["level"], "REMOTE");
    // And again after the directory was removed.
    fs::remove_dir_all(daemon.directory.path().join("not")).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, config("again")).unwrap();
    wait_for(&daemon, "again");
}

/// However long the writer takes for the rest.
#[test]
fn half_a_config_never_becomes_live() {
    let plan = plan();
    let path = plan.directory.write("routes.json", config("start"));
    let daemon = watching(plan, Role::Remote, &path).start();
    let first = generation(&daemon);
    for count in 1..=4_u64 {
        let label = format!("whole-{count}");
        let text = large_config(&label, 40_000);
        let mut file = File::create(&path).unwrap();
        for piece in text.as_bytes().chunks(text.len() / 4 + 1) {
            file.write_all(piece).unwrap();
            sleep(Duration::from_millis(70));
            assert!(
                generation(&daemon) < first + count || live_label(&daemon).as_ref() == Some(&label)
            );
        }
        wait_for(&daemon, &label);
        assert_eq!(generation(&daemon), first + count);
    }
}

#[test]
fn the_last_of_a_burst_of_changes_becomes_live() {
    let plan = plan();
    let path = plan.directory.write("routes.json", config("start"));
    let daemon = watching(plan, Role::Remote, &path).start();
    let first = generation(&daemon);
    for count in 0..100 {
        fs::write(&path, config(&format!("burst-{count}"))).unwrap();
    }
    wait_for(&daemon, "burst-99");
    assert!(generation(&daemon) < first + 50);
}

#[test]
fn an_invalid_config_leaves_the_old_one_live_until_a_valid_one_comes() {
    for role in [Role::Remote, Role::Preset] {
        let plan = plan();
        let path = plan.directory.write("routes.json", config("good"));
        let mut daemon = watching(plan, role, &path).spawn();
        let first = generation(&daemon);
        fs::write(&path, config("bad").replace("prefix", "prefiks")).unwrap();
        let line = daemon.wait_for_line("prefiks");
        assert!(line.contains("WARN") && line.contains("/rules/0"), "{line}");
        assert_eq!(live_label(&daemon).as_deref(), Some("good"));
        fs::write(&path, config("better")).unwrap();
        wait_for(&daemon, "better");
        assert_eq!(generation(&daemon), first + 1);
        // A text that was live before becomes live again.
        fs::write(&path, config("good")).unwrap();
        wait_for(&daemon, "good");
    }
}

#[test]
fn sighup_reads_the_sources_again() {
    // Polling slower than any test, so that only the signal can be the reason.
    let plan = plan()
        .set("watch.mode=poll")
        .set("watch.poll-interval-ms=86400000");
    let path = plan.directory.write("routes.json", config("start"));
    let daemon = watching(plan, Role::Remote, &path).spawn();
    fs::write(&path, config("next")).unwrap();
    daemon.signal("HUP");
    wait_for(&daemon, "next");
    // A remote that fails does not make a lower level live.
    fs::remove_file(&path).unwrap();
    fs::write(super::store(daemon.directory.path()), config("saved")).unwrap();
    let before = daemon.status();
    daemon.signal("HUP");
    let status = wait_until("the failure to be known", || {
        let status = daemon.status();
        (status["sources"]["remote"]["lastCheck"]["good"] == false).then_some(status)
    });
    assert_eq!(status["table"], before["table"]);
    assert_eq!(live_label(&daemon).as_deref(), Some("next"));
}

#[test]
fn the_preset_does_not_replace_a_config_of_a_higher_level() {
    let plan = plan();
    let remote = plan.directory.write("remote.json", config("remote"));
    let preset = plan.directory.write("preset.json", config("preset"));
    let plan = watching(plan, Role::Preset, &preset);
    let daemon = watching(plan, Role::Remote, &remote).spawn();
    fs::write(&preset, config("other-preset")).unwrap();
    // The next config of the remote shows that the preset was ignored before it.
    fs::write(&remote, config("remote-2")).unwrap();
    wait_for(&daemon, "remote-2");
    daemon.signal("HUP");
    fs::write(&remote, config("remote-3")).unwrap();
    wait_for(&daemon, "remote-3");
    assert_eq!(generation(&daemon), 3);
}

#[test]
fn the_live_config_from_a_higher_level_raises_the_level_without_a_reload() {
    let plan = plan();
    let path: PathBuf = plan.directory.path().join("remote.json");
    let preset = plan.directory.write("preset.json", config("same"));
    let plan = watching(plan, Role::Preset, &preset);
    let daemon = watching(plan, Role::Remote, &path).start();
    let before = daemon.status();
    assert_eq!(before["table"]["level"], "PRESET");
    fs::write(&path, config("same")).unwrap();
    let after = wait_until("the level to rise", || {
        let status = daemon.status();
        (status["table"]["level"] == "REMOTE").then_some(status)
    });
    assert_eq!(after["table"]["loadedAt"], before["table"]["loadedAt"]);
}

#[test]
fn the_saved_config_of_a_killed_daemon_is_live_at_the_next_start() {
    let plan = plan();
    let path = plan.directory.write("remote.json", config("remote"));
    let daemon = watching(plan, Role::Remote, &path).spawn();
    let directory: Directory = daemon.kill();
    fs::remove_file(&path).unwrap();
    let plan = Plan::bare_in(directory)
        .set("listen.http=off")
        .set("listen.unix=codeid.sock")
        .set("ac.route.init-route-config-level=LOCAL");
    let daemon = watching(plan, Role::Remote, &path).spawn();
    assert_eq!(live_label(&daemon).as_deref(), Some("remote"));
    let status = daemon.status();
    assert_eq!(status["table"]["level"], "LOCAL");
    assert_eq!(status["sources"]["remote"]["lastCheck"]["good"], false);
}
