//! The report: tables of what happened, and the verdict on leaks.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::arguments::Arguments;
use crate::lifetime::Surroundings;
use crate::plot;
use crate::record::Group;
use crate::sampler::Sample;

/// The most by which the memory may grow in the second half of the long life, by linear regression:
/// this part of its mean, or this many KiB if that is more.
const GROWTH: f64 = 0.05;
const GROWTH_KIB: f64 = 2048.0;

/// The most descriptors that may be open at rest beyond those at the first rest of the same life: a
/// connection to the remote that is pooled, and a file that is being written.
const MORE_DESCRIPTORS: u64 = 3;

/// The most threads at rest beyond those at the first rest of the same life: threads that do the slow work of
/// an action, which end ten seconds after it.
const MORE_THREADS: u64 = 3;

/// The comparison of one figure with its limit.
struct Finding {
    text: String,
    is_good: bool,
}

/// Writes `summary.md`, `samples.csv` and `soak.svg`, and prints the summary. Returns `true` if nothing
/// happened that must not.
///
/// # Errors
///
/// If a file cannot be written.
pub(crate) fn write(
    output: &Path,
    arguments: &Arguments,
    surroundings: &Surroundings,
) -> io::Result<bool> {
    let record = &surroundings.record;
    let samples = surroundings.sampler.samples();
    fs::write(output.join("samples.csv"), csv(&samples))?;
    fs::write(output.join("soak.svg"), plot::svg(&samples))?;
    let findings = findings(&samples);
    let (violations, described) = record.violations();
    let is_good = violations == 0 && findings.iter().all(|finding| finding.is_good);
    let mut text = String::new();
    text += &format!(
        "# Soak of {:.1} minutes, seed {}: {}\n",
        record.seconds() / 60.0,
        arguments.seed,
        if is_good { "passed" } else { "FAILED" }
    );
    for (group, title) in [
        (Group::Requests, "answered rightly"),
        (Group::Connections, "connections that came and went"),
        (Group::Changes, "changes of the route config"),
        (Group::Faults, "faults"),
        (Group::Expected, "errors that a fault explains"),
    ] {
        table(&mut text, title, &record.counts(group));
    }
    let (responses, not_modified) = surroundings.remote.responses();
    text += &format!(
        "\nThe remote sent {responses} responses over HTTP, {not_modified} of them 304. The disks {}.\n",
        if surroundings.directory.has_disks {
            "were filled"
        } else {
            "were NOT filled: nothing could be mounted here"
        }
    );
    lives(&mut text, &samples);
    text += "\n| finding | |\n|---|---|\n";
    for finding in &findings {
        let verdict = if finding.is_good { "good" } else { "BAD" };
        text += &format!("| {} | {verdict} |\n", finding.text);
    }
    text += &format!(
        "\n{violations} violations: wrong answers, generations that went back, lost changes, failed requests.\n"
    );
    for violation in described {
        text += &format!("- {violation}\n");
    }
    text += &format!("\nFiles: {}\n", output.display());
    fs::write(output.join("summary.md"), &text)?;
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(is_good)
}

fn table(text: &mut String, title: &str, counts: &[(&str, u64)]) {
    *text += &format!("\n| {title} | |\n|---|---|\n");
    for (what, count) in counts {
        *text += &format!("| {what} | {count} |\n");
    }
    let sum: u64 = counts.iter().map(|(_, count)| count).sum();
    *text += &format!("| together | {sum} |\n");
}

fn csv(samples: &[Sample]) -> String {
    let mut text = "seconds,life,rss_kib,pss_kib,descriptors,threads,requests,at_rest\n".to_owned();
    for sample in samples {
        writeln!(
            text,
            "{:.1},{},{},{},{},{},{},{}",
            sample.at,
            sample.life,
            sample.rss,
            sample.pss,
            sample.descriptors,
            sample.threads,
            sample.requests,
            u8::from(sample.at_rest)
        )
        .expect("writing to memory cannot fail");
    }
    text
}

fn lives(text: &mut String, samples: &[Sample]) {
    *text += "\n| life | seconds | RSS at the end, KiB | peak | slope of its second half, KiB a minute \
              | descriptors | at rest | threads | at rest |\n|---|---|---|---|---|---|---|---|---|\n";
    for life in samples.chunk_by(|a, b| a.life == b.life) {
        let (first, last) = (life[0], life[life.len() - 1]);
        let rest: Vec<Sample> = life
            .iter()
            .copied()
            .filter(|sample| sample.at_rest)
            .collect();
        *text += &format!(
            "| {} | {:.0} | {} | {} | {:+.0} | {} | {} | {} | {} |\n",
            first.life,
            last.at - first.at,
            last.rss,
            life.iter()
                .map(|sample| sample.rss)
                .max()
                .unwrap_or_default(),
            slope(second_half(life)) * 60.0,
            range(life, |sample| sample.descriptors),
            range(&rest, |sample| sample.descriptors),
            range(life, |sample| sample.threads),
            range(&rest, |sample| sample.threads),
        );
    }
}

/// Judges the last life, which is the long one.
fn findings(samples: &[Sample]) -> Vec<Finding> {
    let life = samples
        .chunk_by(|a, b| a.life == b.life)
        .next_back()
        .unwrap_or_default();
    let half = second_half(life);
    let rest: Vec<Sample> = life
        .iter()
        .copied()
        .filter(|sample| sample.at_rest)
        .collect();
    let ([first, .., last], [begun, .., ended]) = (&*rest, half) else {
        return vec![Finding {
            text: "the long life was measured at rest twice at least".to_owned(),
            is_good: false,
        }];
    };
    let grown = slope(half) * (ended.at - begun.at);
    let mean = half.iter().map(|sample| sample.rss as f64).sum::<f64>() / half.len() as f64;
    let limit = (GROWTH * mean).max(GROWTH_KIB);
    vec![
        Finding {
            text: format!(
                "RSS grows by {grown:+.0} KiB in the second half of the long life, of {mean:.0} on average; \
                 limit {limit:.0}"
            ),
            is_good: grown <= limit,
        },
        Finding {
            text: format!(
                "descriptors at rest, first and last: {}, {}; limit {MORE_DESCRIPTORS} more",
                first.descriptors, last.descriptors
            ),
            is_good: last.descriptors <= first.descriptors + MORE_DESCRIPTORS,
        },
        Finding {
            text: format!(
                "threads at rest, first and last: {}, {}; limit {MORE_THREADS} more",
                first.threads, last.threads
            ),
            is_good: last.threads <= first.threads + MORE_THREADS,
        },
    ]
}

fn second_half(life: &[Sample]) -> &[Sample] {
    &life[life.len() / 2..]
}

/// Returns the slope of the memory by linear regression, in KiB a second.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |value: fn(&Sample) -> f64| samples.iter().map(value).sum::<f64>() / count;
    let (at, rss) = (mean(|sample| sample.at), mean(|sample| sample.rss as f64));
    let (mut covariance, mut variance) = (0.0, 0.0);
    for sample in samples {
        covariance += (sample.at - at) * (sample.rss as f64 - rss);
        variance += (sample.at - at).powi(2);
    }
    if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    }
}

/// Formats the least and the greatest value.
fn range(samples: &[Sample], value: fn(&Sample) -> u64) -> String {
    let values = samples.iter().map(value);
    match (values.clone().min(), values.max()) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        _ => "never".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u32, rss: u64, threads: u64) -> Sample {
        Sample {
            at: at.into(),
            life: 1,
            rss,
            pss: rss,
            descriptors: 20,
            threads,
            requests: 0,
            at_rest: at.is_multiple_of(10),
        }
    }

    #[test]
    fn growth_and_threads_that_stay_are_found() {
        let flat: Vec<_> = (0..100)
            .map(|at| sample(at, 30_000 + u64::from(at % 7), 9))
            .collect();
        assert!(findings(&flat).iter().all(|finding| finding.is_good));
        let growing: Vec<_> = (0..100)
            .map(|at| sample(at, 30_000 + 60 * u64::from(at), 9))
            .collect();
        assert!((slope(&growing) - 60.0).abs() < 1e-6);
        assert!(!findings(&growing)[0].is_good);
        let more: Vec<_> = (0..100)
            .map(|at| sample(at, 30_000, 9 + u64::from(at / 20)))
            .collect();
        assert!(!findings(&more)[2].is_good);
        assert!(!findings(&flat[..9])[0].is_good);
    }
}
