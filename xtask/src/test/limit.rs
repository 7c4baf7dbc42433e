//! A time limit for a step: what it started is killed, so that the step fails and says why. In the
//! pipeline nobody is there to notice that something hangs.

use std::{
    collections::BTreeMap,
    fs, process,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};

use crate::shell;

/// Runs `work`; beyond `limit` it kills all processes that came of ours, again and again until
/// `work` gives up.
pub(super) fn within(limit: Duration, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let (done, waiting) = mpsc::sync_channel::<()>(0);
    let watchdog = thread::spawn(move || {
        let mut wait = limit;
        while waiting.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            kill_all(&descendants(process::id()));
            wait = Duration::from_secs(1);
        }
        wait != limit
    });
    let result = work();
    drop(done);
    let is_over = watchdog.join().map_err(|_| anyhow!("the watchdog panicked"))?;
    if is_over {
        let minutes = limit.as_secs() / 60;
        return result.with_context(|| format!("stopped at its limit of {minutes} minutes"));
    }
    result
}

/// The processes that came of `root`, as far as the system tells: those of Linux do.
fn descendants(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = pid else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // "12 (a name) S 7 …": the state and the parent come after the last bracket.
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        if let Some(parent) = parent.and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = children.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        found.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    found
}

fn kill_all(pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let mut sh = shell::program("sh");
    sh.args(["-c", "kill -9 \"$@\"", "sh"]).args(pids.iter().map(u32::to_string));
    // One that has ended meanwhile is no trouble.
    drop(shell::capture(&mut sh));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Other tests of this process start programs too, which must not be killed: so in a shell.
    #[test]
    fn what_came_of_a_process_is_found_with_what_came_of_that() {
        let mut sh = shell::program("sh");
        sh.args(["-c", "sleep 600 & echo; wait"]).stdout(process::Stdio::piped());
        let mut child = sh.spawn().unwrap();
        let mut line = [0];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        let came = descendants(child.id());
        assert_eq!(came.len(), 1);
        assert!(descendants(process::id()).contains(&came[0]));
        kill_all(&came);
        // Ten minutes early.
        child.wait().unwrap();
    }

    #[test]
    fn work_that_ends_in_time_is_left_alone() {
        within(Duration::from_mins(1), || Ok(())).unwrap();
        let error = within(Duration::from_mins(1), || Err(anyhow!("broken"))).unwrap_err();
        assert_eq!(format!("{error:#}"), "broken");
    }
}
