//! A system call that fails: `strace` lets the Nth of a kind answer an error instead of being done.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context;

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
    trace: PathBuf,
    wrapper: Vec<String>,
}

impl Injected {
    /// Prepares a fault for one process; what came of it is written to `trace`.
    pub fn into(fault: &Fault, trace: &Path) -> Self {
        let Fault { call, error, n } = fault;
        // As a grandchild, so that the process is the child of whoever starts it.
        let words = ["strace", "-D", "-f", "-qq", "-y", "-ttt", "--seccomp-bpf", "-o"];
        let mut wrapper: Vec<String> = words.map(str::to_owned).into();
        wrapper.push(trace.display().to_string());
        wrapper.extend(["-e".to_owned(), format!("trace={call}")]);
        wrapper.extend(["-e".to_owned(), format!("inject={call}:error={error}:when={n}")]);
        wrapper.push("--".to_owned());
        Self { trace: trace.to_owned(), wrapper }
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
            // the thread's end, none of which begins with a letter.
            let mut words = line.split_whitespace();
            let (thread, call) = (words.next().unwrap_or_default(), words.nth(1));
            if call.is_some_and(|call| call.starts_with(|c: char| c.is_ascii_alphabetic())) {
                *threads.entry(thread).or_default() += 1;
            }
        }
        Ok(threads.into_values().max().unwrap_or(0))
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
