//! The steps by which a process changes files, and a kill at one of them: `strace` writes down each
//! write, sync and cut of a file, and lets a process die as it comes to the Nth of a kind.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;

/// The calls that change a file, or promise that it is on the disk.
const CALLS: [&str; 4] = ["pwrite64", "fsync", "fdatasync", "ftruncate"];

/// One step: the how manyth call of a kind on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The system call.
    pub call: &'static str,
    /// The file's name, without its directory.
    pub file: String,
    /// Which one, from 1.
    pub n: u32,
}

/// The program that writes down the steps of a process, with its arguments.
pub fn noting(trace: &Path) -> Vec<String> {
    let mut words = strace(trace);
    words.extend(["--seccomp-bpf".to_owned(), "-e".to_owned()]);
    words.extend([format!("trace={}", CALLS.join(",")), "--".to_owned()]);
    words
}

/// The program that kills a process at a step on a file in `dir`, before it is done.
pub fn killing(step: &Step, dir: &Path, trace: &Path) -> Vec<String> {
    let Step { call, file, n } = step;
    // Without the filter of the kernel, under which strace sends no signal.
    let mut words = strace(trace);
    words.extend(["-P".to_owned(), dir.join(file).display().to_string()]);
    words.extend(["-e".to_owned(), format!("trace={call}")]);
    words.extend(["-e".to_owned(), format!("inject={call}:signal=KILL:when={n}")]);
    words.push("--".to_owned());
    words
}

fn strace(trace: &Path) -> Vec<String> {
    // As a grandchild, so that the process is the child of whoever starts it.
    let words = ["strace", "-D", "-f", "-qq", "-y", "-s", "0", "-o"];
    let mut words: Vec<String> = words.map(str::to_owned).into();
    words.push(trace.display().to_string());
    words
}

/// The steps that a process has taken on files in `dir`, in their order.
pub fn taken(trace: &Path, dir: &Path) -> anyhow::Result<Vec<Step>> {
    let text = std::fs::read_to_string(trace)
        .context("strace wrote nothing: install strace, and allow it to trace")?;
    let dir = format!("<{}/", dir.display());
    let mut counts = BTreeMap::<(String, &str, String), u32>::new();
    let mut steps = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.trim().split_once(char::is_whitespace) else { continue };
        let named = |call: &&&str| {
            rest.trim_start().strip_prefix(**call).is_some_and(|rest| rest.starts_with('('))
        };
        let (Some(call), Some((_, name))) = (CALLS.iter().find(named), rest.split_once(&dir))
        else {
            continue;
        };
        let file = name.split('>').next().unwrap_or_default().to_owned();
        // The Nth of each thread.
        let n = counts.entry((thread.to_owned(), call, file.clone())).or_default();
        *n += 1;
        steps.push(Step { call, file, n: *n });
    }
    Ok(steps)
}

/// So many of them, from the first to the last, as far apart as may be.
pub fn spread(steps: &[Step], n: usize) -> Vec<Step> {
    let last = steps.len().saturating_sub(1);
    let mut places: Vec<usize> = (0..n).map(|k| k * last / n.saturating_sub(1).max(1)).collect();
    places.dedup();
    places.into_iter().filter_map(|place| steps.get(place).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_in_their_order_and_counted_by_thread_call_and_file() {
        let trace = tempfile::NamedTempFile::new().unwrap();
        let lines = [
            r#"7 pwrite64(5</d/keys.db-wal>, ""..., 24, 0) = 24"#,
            r#"8 pwrite64(6</d/forecourt.db-wal>, ""..., 24, 0 <unfinished ...>"#,
            "8 <... pwrite64 resumed>) = 24",
            r#"7 pwrite64(5</d/keys.db-wal>, ""..., 24, 24) = 24"#,
            "7 fsync(5</d/keys.db-wal>) = 0",
            "7 fsync(9</elsewhere/keys.db-wal>) = 0",
            "7 +++ exited with 0 +++",
        ];
        std::fs::write(trace.path(), lines.join("\n")).unwrap();
        let step = |call, file: &str, n| Step { call, file: file.to_owned(), n };
        let steps = taken(trace.path(), Path::new("/d")).unwrap();
        assert_eq!(
            steps,
            [
                step("pwrite64", "keys.db-wal", 1),
                step("pwrite64", "forecourt.db-wal", 1),
                step("pwrite64", "keys.db-wal", 2),
                step("fsync", "keys.db-wal", 1),
            ]
        );
        assert_eq!(spread(&steps, 2), [steps[0].clone(), steps[3].clone()]);
        assert_eq!(spread(&steps, 10), steps);
        assert_eq!(spread(&[], 3), []);
    }
}
