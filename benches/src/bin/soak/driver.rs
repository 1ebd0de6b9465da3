//! The steps of a life: changes of the route config and faults, drawn at random.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::lifetime::REMOTE_FILE;
use crate::operator::{Halt, Operator, Step};
use crate::record::Group::{Changes, Faults};
use crate::remote::FAULTS;

/// More characters than a route config may have.
const TOO_MANY: usize = 200_000;

/// The time within which all connections must be closed after their clients have left.
const CLOSED_WITHIN: Duration = Duration::from_secs(20);

/// The time for which the daemon rests before it is measured.
const REST: Duration = Duration::from_millis(1500);

/// The most lines of the audit log in a page of memory, which is the least that a disk gives to a file.
const LINES_OF_A_PAGE: usize = 40;

/// Takes steps until the life ends, or `duration` has passed.
pub(crate) fn drive(operator: &mut Operator<'_>) {
    let begun = Instant::now();
    let mut quiet = operator.plan.quiet_every;
    while begun.elapsed() < operator.plan.duration && !operator.life.is_ending() {
        let step = if begun.elapsed() >= quiet {
            quiet += operator.plan.quiet_every;
            rest(operator)
        } else {
            step(operator)
        };
        match step {
            Ok(()) | Err(Halt::Ending) => {}
            Err(Halt::Failed(what)) => {
                operator
                    .life
                    .blame(&operator.surroundings.record, "operator", &what);
                recover(operator);
            }
        }
    }
    if !operator.plan.ends_with_kill && !operator.life.is_ending() {
        // The last measurement, to compare with the first.
        if let Err(Halt::Failed(what)) = rest(operator) {
            operator
                .life
                .blame(&operator.surroundings.record, "operator", &what);
        }
    }
}

fn step(operator: &mut Operator<'_>) -> Step {
    if operator.known.frozen().is_some() {
        // A freeze that the last life left behind.
        operator.repair()?;
        operator.thaw()?;
    }
    let has_disks = operator.surroundings.directory.has_disks;
    match operator.random.below(100) {
        0..45 => pull(operator),
        45..60 => remote_fault(operator),
        60..70 => apply(operator),
        70..76 => roll_back(operator),
        76..84 => freeze(operator),
        84..88 => bad_apply(operator),
        88..92 if has_disks => full_disk_of_the_store(operator),
        92..96 if has_disks => full_disk_of_the_audit_log(operator),
        96..100 if has_disks => full_disk_of_the_log(operator),
        _ => pull(operator),
    }?;
    let random = operator.random.number();
    operator.pause(100..700, random)
}

fn pull(operator: &mut Operator<'_>) -> Step {
    let config = operator.new_config();
    operator.give(&config)?;
    operator.announce()?;
    operator.expect_remote_live()?;
    let what = if operator.plan.has_file_remote {
        "found in a file"
    } else {
        "pulled over HTTP"
    };
    operator.surroundings.record.count(Changes, what, 1);
    Ok(())
}

fn remote_fault(operator: &mut Operator<'_>) -> Step {
    let live = operator.live()?;
    let config = operator.new_config();
    let name = if operator.plan.has_file_remote {
        break_file(operator, &config.text)?
    } else {
        let mode = FAULTS[operator.random.below(FAULTS.len())];
        operator.surroundings.remote.set_mode(mode);
        operator.give(&config)?;
        "a fault of the remote over HTTP"
    };
    operator.surroundings.record.count(Faults, name, 1);
    operator.reload()?;
    operator.still_live(live, name)?;
    let random = operator.random.number();
    operator.pause(100..1500, random)?;
    operator.still_live(live, name)?;
    operator.give(&config)?;
    operator.repair()?;
    operator.expect_remote_live()?;
    Ok(())
}

/// Breaks the remote's file in one of five ways. Returns the name of the fault.
fn break_file(operator: &mut Operator<'_>, text: &str) -> Step<&'static str> {
    let directory = &operator.surroundings.directory;
    let path = directory.path().join(REMOTE_FILE);
    let (broken, name) = match operator.random.below(5) {
        0 => (fs::write(&path, &text[..text.len() / 2]), "half of a file"),
        1 => (fs::write(&path, [0x80_u8; 4096]), "a file that is not text"),
        2 => (
            fs::write(&path, " ".repeat(TOO_MANY)),
            "a file that is too long",
        ),
        3 => (fs::remove_file(&path), "a missing file"),
        _ => {
            let removed = fs::remove_file(&path).and_then(|()| fs::create_dir(&path));
            (removed, "a directory instead of a file")
        }
    };
    match broken {
        Ok(()) => Ok(name),
        Err(error) => operator.failed(format!("{name}: {error}")),
    }
}

fn apply(operator: &mut Operator<'_>) -> Step {
    for _ in 0..=operator.random.below(2) {
        let config = operator.new_config();
        let outcome = operator.apply(&config, false)?;
        if outcome.status != 200 {
            return operator.failed(format!("an apply: {outcome:?}"));
        }
        let random = operator.random.number();
        operator.pause(50..800, random)?;
        operator.still_live(config.number, "an apply")?;
    }
    operator.thaw()
}

fn roll_back(operator: &mut Operator<'_>) -> Step {
    operator.roll_back(false)?;
    let random = operator.random.number();
    operator.pause(50..800, random)?;
    operator.thaw()
}

fn freeze(operator: &mut Operator<'_>) -> Step {
    let outcome = operator.freeze()?;
    if outcome.status != 200 {
        return operator.failed(format!("a freeze: {outcome:?}"));
    }
    let live = operator.live()?;
    let (given, applied) = (operator.new_config(), operator.new_config());
    operator.give(&given)?;
    let reload = operator.post("/v1/reload", &[], "{}")?;
    let outcome = operator.apply(&applied, false)?;
    if (reload.status, outcome.status) != (409, 409) {
        return operator.failed(format!("while frozen: {reload:?}, {outcome:?}"));
    }
    let random = operator.random.number();
    operator.pause(500..1500, random)?;
    operator.still_live(live, "a freeze")?;
    match operator.random.below(3) {
        0 => {
            let outcome = operator.apply(&applied, true)?;
            if outcome.status != 200 {
                return operator.failed(format!("an apply with --override: {outcome:?}"));
            }
        }
        1 => operator.roll_back(true)?,
        _ => {}
    }
    operator.thaw()
}

fn bad_apply(operator: &mut Operator<'_>) -> Step {
    let live = operator.live()?;
    let any = [("If-Match", "*".to_owned())];
    let other = [("If-Match", format!("\"{}\"", "0".repeat(64)))];
    let good = operator.new_config();
    let bad = good.text.replacen("\"match\"", "\"macth\"", 1);
    for (headers, body, status) in [(any, &bad, 422), (other, &good.text, 412)] {
        let outcome = operator.post("/v1/apply", &headers, body)?;
        if outcome.status != status {
            return operator.failed(format!("not {status}: {outcome:?}"));
        }
    }
    operator
        .surroundings
        .record
        .count(Faults, "an apply that is refused", 2);
    operator.still_live(live, "an apply that is refused")
}

/// A config that cannot be saved becomes live, and is saved once there is room.
fn full_disk_of_the_store(operator: &mut Operator<'_>) -> Step {
    let full = fill(operator, "saved")?;
    let config = operator.new_config();
    operator.give(&config)?;
    operator.announce()?;
    operator.expect_live(config.number)?;
    operator.expect("report of the failed save", |status| {
        !status["save"]["failure"].is_null()
    })?;
    let random = operator.random.number();
    operator.pause(0..1000, random)?;
    drop(full);
    operator.expect("save after there is room", |status| {
        status["save"]["failure"].is_null()
    })?;
    operator.expect_remote_live()?;
    Ok(())
}

/// An action that cannot be recorded is refused, and changes nothing.
fn full_disk_of_the_audit_log(operator: &mut Operator<'_>) -> Step {
    let full = fill(operator, "audit")?;
    let config = operator.new_config();
    // Some lines still fit into the last page of the file.
    for line in 0.. {
        let live = operator.live()?;
        let (frozen, applied) = (operator.freeze()?, operator.apply(&config, true)?);
        if (frozen.status, applied.status) == (507, 507) {
            operator.still_live(live, "changes that could not be recorded")?;
            break;
        }
        if line > LINES_OF_A_PAGE {
            return operator.failed("changes are made while the disk of the audit log is full");
        }
    }
    drop(full);
    let outcome = operator.apply(&config, true)?;
    if outcome.status != 200 {
        return operator.failed(format!("an apply after there is room: {outcome:?}"));
    }
    operator.thaw()
}

fn full_disk_of_the_log(operator: &mut Operator<'_>) -> Step {
    let _full = fill(operator, "log")?;
    pull(operator)?;
    let random = operator.random.number();
    operator.pause(0..1000, random)
}

fn fill(operator: &Operator<'_>, disk: &'static str) -> Step<crate::directory::FullDisk> {
    let name = match disk {
        "saved" => "a full disk of the saved config",
        "audit" => "a full disk of the audit log",
        _ => "a full disk of the log",
    };
    operator.surroundings.record.count(Faults, name, 1);
    match operator.surroundings.directory.fill(disk) {
        Ok(full) => Ok(full),
        Err(error) => operator.failed(format!("{name}: {error}")),
    }
}

/// Has all clients leave, waits until no connection is open, and measures the daemon at rest.
fn rest(operator: &mut Operator<'_>) -> Step {
    let life = operator.life;
    life.pause(true);
    let begun = Instant::now();
    let rested = loop {
        let status = operator.status()?;
        let restarts = &status["counters"]["restarts"];
        let counts = restarts
            .as_object()
            .into_iter()
            .flat_map(|tasks| tasks.values());
        if counts
            .filter_map(|count| count.as_u64())
            .any(|count| count > 0)
        {
            break operator.failed(format!("tasks of the daemon met faults: {restarts}"));
        }
        let connections = &status["daemon"]["connections"];
        let listeners = ["http", "unix", "resp"];
        if listeners
            .iter()
            .all(|listener| connections[listener]["open"] == 0)
        {
            sleep(REST);
            operator.surroundings.sampler.measure_at_rest();
            break Ok(());
        }
        if begun.elapsed() > CLOSED_WITHIN {
            break operator.failed(format!(
                "connections stay open without clients: {connections}"
            ));
        }
        operator.pause(50..51, 0)?;
    };
    life.pause(false);
    rested
}

/// Repairs everything after a failed step, so that the next one can be judged by itself.
fn recover(operator: &mut Operator<'_>) {
    let _ = operator.repair();
    let _ = operator.thaw();
}
