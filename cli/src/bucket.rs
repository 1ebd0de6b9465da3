//! `codeid bucket`: the canary bucket of an openId in a group.

use std::io::Write;
use std::process::ExitCode;

use codeid_engine::{Bucket, OpenId};
use serde::Serialize;

use super::output::{self, Failure};

/// The command line of `codeid bucket`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowBucket {
    /// The canary's group; the default group of a rule is its id
    group: String,
    /// The openId of the user
    open_id: String,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// The length limit of a group in a route config, in characters.
const MAX_GROUP_CHARACTERS: usize = 256;

#[derive(Serialize)]
struct BucketReport<'a> {
    group: &'a str,
    bucket: u16,
    percent: f64,
}

impl ShowBucket {
    /// Prints the bucket.
    pub(crate) fn run(self) -> ExitCode {
        output::run(|stdout| {
            let bucket = self.bucket()?;
            if self.json {
                let percent = f64::from(bucket.get()) / 100.0;
                let report = BucketReport {
                    group: &self.group,
                    bucket: bucket.get(),
                    percent,
                };
                serde_json::to_writer(&mut *stdout, &report).map_err(std::io::Error::from)?;
                writeln!(stdout)?;
            } else {
                writeln!(stdout, "{bucket} (bucket {} of 0 to 9999)", bucket.get())?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }

    fn bucket(&self) -> Result<Bucket, Failure> {
        let characters = self.group.chars().count();
        if !(1..=MAX_GROUP_CHARACTERS).contains(&characters) {
            let message = format!(
                "a group must have 1 to {MAX_GROUP_CHARACTERS} characters but has {characters}"
            );
            return Err(Failure::other(message));
        }
        let open_id = OpenId::new(&self.open_id).map_err(Failure::other)?;
        Ok(Bucket::new(&self.group, open_id))
    }
}
