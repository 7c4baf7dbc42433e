//! How many files, sockets among them, the process may have open, and room for them.

use crate::limits::FILES_BESIDE_SOCKETS;

/// Asks the system for as many open files as so many sockets need: the usual 1,024 of a shell is
/// there for old programs, and what may be had at most is more. Says so where it is not enough. Makes
/// room for them, too.
pub fn allow(sockets: usize) {
    let OpenFiles { allowed, wanted } = OpenFiles::for_sockets(sockets);
    make_room(wanted.min(allowed));
    if allowed < wanted {
        tracing::warn!(
            allowed,
            wanted,
            "This process may open {allowed} files, and {sockets} sockets (`limits.max_sockets`) need {wanted}: raise LimitNOFILE or `ulimit -Hn`"
        );
    }
}

/// How many files a process may have open, and how many it needs.
#[derive(Clone, Copy, Debug)]
pub struct OpenFiles {
    /// What the system gives this process, now that it was asked for all that may be had.
    pub allowed: u64,
    /// What so many sockets need, with all that is open beside them.
    pub wanted: u64,
}

impl OpenFiles {
    /// Asks the system for as many as may be had.
    pub fn for_sockets(sockets: usize) -> Self {
        let wanted = (sockets as u64).saturating_add(FILES_BESIDE_SOCKETS);
        #[cfg(unix)]
        let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
        #[cfg(not(unix))]
        let allowed = u64::MAX;
        Self { allowed, wanted }
    }
}

/// Makes room for so many open files while there are few. Left alone, Linux doubles its table whenever
/// it is full, and a process of several threads then waits until each core has let go of the old
/// one: 15 ms and more in which nobody's socket is taken and no model is called, in the midst of
/// the rush that filled it.
pub fn make_room(files: u64) {
    #[cfg(unix)]
    if let Ok(last) = i32::try_from(files.saturating_sub(1)) {
        // A copy that has this number makes the table as large as that, and its end leaves it so.
        // Where there can be none, the table grows as it would have.
        drop(rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), last));
    }
    #[cfg(not(unix))]
    let _ = files;
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// How many files the table of this process has room for.
    fn room() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("FDSize:")).unwrap();
        line.trim().parse().unwrap()
    }

    #[test]
    fn there_is_room_for_all_sockets_before_the_first_comes() {
        let OpenFiles { allowed, wanted } = OpenFiles::for_sockets(2_000);
        assert!(room() < wanted && wanted <= allowed, "{} {wanted} {allowed}", room());
        make_room(wanted);
        assert!(wanted <= room(), "{}", room());
        // What can't be had does no harm.
        make_room(u64::MAX);
        make_room(0);
    }
}
