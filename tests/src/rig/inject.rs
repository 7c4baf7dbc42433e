//! A system call that fails: `strace` lets the Nth of a kind answer an error instead of being done.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Context;

/// The calls by which a frame may leave.
const SENDS: &str = ",sendto,sendmsg,write,writev";

/// How an acknowledgement begins, as strace writes it.
const ACKNOWLEDGED: &str = r#"{\"type\":\"accepted\""#;

/// What fails, how, and the how manyth of each thread.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The system call.
    pub call: &'static str,
    /// The name of the error.
    pub error: &'static str,
    /// Which one, from 1.
    pub n: u32,
}

impl Fault {
    /// Whether what fails is the promise of the disk to have kept what was written.
    pub fn is_sync(&self) -> bool {
        matches!(self.call, "fsync" | "fdatasync")
    }
}

/// A fault that waits for a process, and the record of whether it came.
pub struct Injected {
    call: &'static str,
    trace: PathBuf,
    wrapper: Vec<String>,
}

impl Injected {
    /// Prepares a fault for one process; what came of it is written to `trace`.
    pub fn into(fault: &Fault, trace: &Path) -> Self {
        let Fault { call, error, n } = fault;
        // As a grandchild, so that the process is the child of whoever starts it.
        let words =
            ["strace", "-D", "-f", "-qq", "-y", "-ttt", "-s", "8192", "--seccomp-bpf", "-o"];
        let mut wrapper: Vec<String> = words.map(str::to_owned).into();
        wrapper.push(trace.display().to_string());
        // What is sent is traced as well: only so is it known what left after a failure.
        let sent = if fault.is_sync() { SENDS } else { "" };
        wrapper.extend(["-e".to_owned(), format!("trace={call}{sent}")]);
        wrapper.extend(["-e".to_owned(), format!("inject={call}:error={error}:when={n}")]);
        wrapper.push("--".to_owned());
        Self { call, trace: trace.to_owned(), wrapper }
    }

    /// The program that starts the process, with its arguments.
    pub fn wrapper(&self) -> Vec<String> {
        self.wrapper.clone()
    }

    /// How many calls were made so far by the thread that made the most.
    pub fn most_of_a_thread(&self) -> anyhow::Result<u32> {
        let mut threads = BTreeMap::<&str, u32>::new();
        let text = self.text()?;
        for line in text.lines() {
            // The thread, the time, the call: or the end of a call that was interrupted, a signal,
            // the thread's end, none of which begins with a name.
            let mut words = line.split_whitespace();
            let (thread, call) = (words.next().unwrap_or_default(), words.nth(1));
            if call.and_then(|call| call.strip_prefix(self.call)).is_some_and(is_begun) {
                *threads.entry(thread).or_default() += 1;
            }
        }
        Ok(threads.into_values().max().unwrap_or(0))
    }

    /// How many acknowledgements left after a failed sync of a file whose name holds this part, and
    /// before the next one that did not fail.
    pub fn acknowledged_over(&self, part: &str) -> anyhow::Result<u64> {
        let (mut is_failed, mut acknowledged) = (false, 0);
        // Which threads are in a sync of the file that another thread's call was told between.
        let mut begun = BTreeSet::<&str>::new();
        let text = self.text()?;
        for line in text.lines() {
            let thread = line.split_whitespace().next().unwrap_or_default();
            let is_file = line.contains(&format!(" {}(", self.call)) && line.contains(part);
            if is_file && line.ends_with("<unfinished ...>") {
                begun.insert(thread);
                continue;
            }
            let is_rest = line.contains(&format!("<... {} resumed>", self.call));
            let is_ours = is_file || is_rest && begun.remove(thread);
            if is_ours && line.ends_with("(INJECTED)") {
                is_failed = true;
            } else if is_ours && line.ends_with("= 0") {
                is_failed = false;
            } else if is_failed {
                acknowledged += line.matches(ACKNOWLEDGED).count() as u64;
            }
        }
        Ok(acknowledged)
    }

    fn text(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.trace)
            .context("strace wrote nothing: install strace, and allow it to trace")
    }

    /// When the first fault came, in nanoseconds on the wall.
    pub fn first_at(&self) -> anyhow::Result<Option<u64>> {
        self.first_at_file("")
    }

    /// The same for a call whose line holds this part of a file's name.
    pub fn first_at_file(&self, part: &str) -> anyhow::Result<Option<u64>> {
        let text = self.text()?;
        let is_it = |line: &&str| line.contains("(INJECTED)") && line.contains(part);
        let Some(line) = text.lines().find(is_it) else { return Ok(None) };
        // `1234 1795587391.000123 fdatasync(12) = -1 EIO …`
        let seconds = line.split_whitespace().nth(1).context("a line of strace")?;
        let micros = seconds.replace('.', "");
        Ok(Some(micros.parse::<u64>().with_context(|| line.to_owned())? * 1_000))
    }
}

/// Whether the name of a call ended here.
fn is_begun(rest: &str) -> bool {
    rest.starts_with('(')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted of these lines, as strace writes them.
    fn counted(lines: &[&str]) -> (u64, u32) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines.join("\n")).unwrap();
        let fault = Fault { call: "fsync", error: "EIO", n: 1 };
        let injected = Injected::into(&fault, file.path());
        let acknowledged = injected.acknowledged_over("forecourt.db").unwrap();
        (acknowledged, injected.most_of_a_thread().unwrap())
    }

    const GOOD: &str = "7 1795587391.000123 fsync(12</d/forecourt.db-wal>) = 0";
    const FAILED: &str = "7 1795587391.000200 fsync(12</d/forecourt.db-wal>) = -1 EIO (Input/output error) (INJECTED)";
    const OTHER: &str = "7 1795587391.000200 fsync(9</d>) = -1 EIO (Input/output error) (INJECTED)";
    const ACK: &str = r#"8 1795587391.000300 sendto(15<socket:[8817]>, "\201~\0\372{\"type\":\"accepted\",\"client_ms"..., 254, MSG_NOSIGNAL, NULL, 0) = 254"#;
    const DELTA: &str = r#"8 1795587391.000300 sendto(15<socket:[8817]>, "\201\10{\"type\":\"delta\"", 10, MSG_NOSIGNAL, NULL, 0) = 10"#;

    #[test]
    fn an_acknowledgement_counts_from_a_failed_sync_to_the_next_good_one() {
        assert_eq!(counted(&[GOOD, ACK, FAILED, DELTA]), (0, 2));
        assert_eq!(counted(&[GOOD, FAILED, ACK]), (1, 2));
        assert_eq!(counted(&[FAILED, GOOD, ACK]), (0, 2));
        assert_eq!(counted(&[OTHER, ACK]), (0, 1), "another file");
        let begun = "7 1795587391.000200 fsync(12</d/forecourt.db-wal> <unfinished ...>";
        let failed =
            "7 1795587391.000210 <... fsync resumed>) = -1 EIO (Input/output error) (INJECTED)";
        let ack = format!("{} <unfinished ...>", ACK.trim_end_matches(") = 254"));
        assert_eq!(counted(&[begun, DELTA, failed, &ack]), (1, 1));
        assert_eq!(counted(&[FAILED, begun, "7 1.0 <... fsync resumed>) = 0", ACK]), (0, 2));
    }
}
