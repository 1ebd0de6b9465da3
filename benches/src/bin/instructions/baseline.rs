//! The file of the baseline.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{env, fmt, fs, io};

use codeid_benches::cannot;
use serde_json::{Value, json};

/// The count of each family, by name.
pub(crate) type Counts = BTreeMap<String, Count>;

/// The result of counting a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {
    /// The mean number of instructions of one lookup.
    Instructions(f64),
    /// The engine refuses the rules.
    Refused,
}

/// The counts that were accepted, and where they hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) environment: Environment,
    pub(crate) instructions: Counts,
}

/// The compiler and the processor, on which counts depend as well as on the code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// As `rustc --version` prints it.
    compiler: String,
    /// The architecture, and those of its features on which libraries choose code.
    processor: String,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not a baseline.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path).map_err(cannot("read", path))?;
        Self::from_json(&text).ok_or_else(|| {
            let message = format!("{} is not a baseline of instructions", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |member: &str| value[member].as_str().map(str::to_owned);
        let mut instructions = Counts::new();
        for (family, count) in value["instructions"].as_object()? {
            instructions.insert(family.clone(), Count::from_json(count)?);
        }
        Some(Self {
            environment: Environment {
                compiler: text("compiler")?,
                processor: text("processor")?,
            },
            instructions,
        })
    }

    /// Writes this baseline.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, self.to_json()).map_err(cannot("write", path))
    }

    fn to_json(&self) -> String {
        let counts = self.instructions.iter();
        let counts: BTreeMap<&String, Value> = counts
            .map(|(family, count)| (family, count.to_json()))
            .collect();
        let value = json!({
            "compiler": self.environment.compiler,
            "processor": self.environment.processor,
            "instructions": counts,
        });
        format!("{value:#}\n")
    }
}

impl Count {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Refused),
            _ => value.as_f64().map(Self::Instructions),
        }
    }

    /// Returns a number with one decimal, or null.
    fn to_json(self) -> Value {
        match self {
            Self::Instructions(count) => json!((count * 10.0).round() / 10.0),
            Self::Refused => Value::Null,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instructions(count) => write!(out, "{count:.1}"),
            Self::Refused => write!(out, "refused"),
        }
    }
}

impl Environment {
    /// Returns that of the machine that runs this program.
    ///
    /// # Errors
    ///
    /// If `rustc` cannot be run.
    pub(crate) fn of_this_machine() -> io::Result<Self> {
        let output = Command::new("rustc").arg("--version").output();
        let output = output
            .map_err(|error| io::Error::new(error.kind(), format!("cannot run rustc: {error}")))?;
        let compiler = String::from_utf8_lossy(&output.stdout);
        let mut processor = vec![env::consts::ARCH];
        processor.extend(features());
        Ok(Self {
            compiler: compiler.trim().to_owned(),
            processor: processor.join(" "),
        })
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} for {}", self.compiler, self.processor)
    }
}

/// Returns the vector instructions among which memchr and the C library choose.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("bmi2", std::is_x86_feature_detected!("bmi2")),
        ("avx512bw", std::is_x86_feature_detected!("avx512bw")),
    ];
    let present = all.into_iter().filter(|(_, present)| *present);
    present.map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let counts = [("a", Count::Instructions(1234.5)), ("b", Count::Refused)];
        let baseline = Baseline {
            environment: Environment {
                compiler: "rustc 1.95.0".to_owned(),
                processor: "x86_64 avx2".to_owned(),
            },
            instructions: counts.map(|(name, count)| (name.to_owned(), count)).into(),
        };
        assert_eq!(Baseline::from_json(&baseline.to_json()), Some(baseline));
        assert_eq!(Baseline::from_json("{\"instructions\": {}}"), None);
    }
}
