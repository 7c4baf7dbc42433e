//! Figures: stopwatches, percentiles, a process's memory, JSON for the record.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::Context;
use serde_json::{Value, json};

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Begins.
    #[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since the beginning.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The moment on the wall in nanoseconds: comparable between processes of one machine.
#[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
pub fn wall_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// A set of durations.
#[derive(Clone, Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Adds many.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Duration>) {
        self.0.extend(others);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration below which `share` of 1,000 lie, in milliseconds. Of nothing it is infinite: no
    /// bound is held by what was never measured. In JSON that is `null`.
    pub fn per_mille_ms(&mut self, share: usize) -> f64 {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        let place = (self.0.len() * share / 1_000).min(last);
        self.0.get(place).map_or(f64::INFINITY, |duration| duration.as_secs_f64() * 1_000.0)
    }
}

impl IntoIterator for Durations {
    type Item = Duration;
    type IntoIter = std::vec::IntoIter<Duration>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What a process holds in memory, in bytes.
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmRSS:")
}

/// The most that a process ever held in memory, in bytes.
pub fn peak_bytes(pid: u32) -> anyhow::Result<u64> {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, name: &'static str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()).context(name)?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// What a process has used of the processor so far.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold spaces; what follows the last bracket does not.
    let rest = stat.rsplit(')').next().context("no stat")?;
    let ticks = |field: usize| -> anyhow::Result<u64> {
        Ok(rest.split_whitespace().nth(field).context("no such field")?.parse()?)
    };
    // Fields 14 and 15 of proc(5), in ticks of 10 ms.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// Named figures in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Figures(BTreeMap<String, Value>);

impl Figures {
    /// Notes a figure and prints it.
    #[expect(clippy::print_stdout, reason = "the figures are the output")]
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        println!("  {name}: {value}");
        self.0.insert(name.to_owned(), value);
    }

    /// Notes a figure and prints it beside its budget, with its share of it.
    #[expect(clippy::print_stdout, reason = "the figures are the output")]
    pub fn against(&mut self, name: &str, value: f64, budget: f64) {
        println!("  {name}: {} (budget {budget}, {:.2} of it)", rounded(value), value / budget);
        self.0.insert(name.to_owned(), rounded(value).into());
    }

    /// Prints a line between the figures.
    #[expect(clippy::print_stdout, reason = "the figures are the output")]
    pub fn say(&self, line: &str) {
        println!("  {line}");
    }

    /// The figures as JSON.
    pub fn json(&self) -> Value {
        json!(self.0)
    }

    /// Writes them to a file.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_json(path, &self.json())
    }
}

/// Writes JSON that people read, too. All of it or nothing: whoever ends this meanwhile, what the file
/// holds is whole.
pub fn write_json(path: &Path, value: &Value) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    let beside = path.with_extension("json.new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("can't write {}", path.display()))
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of a test fit a float")]
pub fn count(number: u64) -> f64 {
    number as f64
}

/// A number rounded to what is worth reading.
pub fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_slower_than_any_bound_and_null_in_json() {
        let nothing = rounded(Durations::default().per_mille_ms(990));
        assert!(f64::MAX < nothing, "{nothing}");
        assert_eq!(Value::from(nothing), Value::Null);
        let mut one = Durations::default();
        one.push(Duration::from_millis(7));
        assert!((one.per_mille_ms(1_000) - 7.0).abs() < 0.001);
    }
}
