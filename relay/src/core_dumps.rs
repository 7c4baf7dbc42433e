//! No memory of this process is written to a disk when it dies (G-34): it holds keys and words.

/// Asks the system to write no core dump of this process.
pub fn forbid() {
    #[cfg(unix)]
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0) {
        tracing::warn!(%error, "Can't forbid core dumps: a crash may write keys and words to the disk");
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_crash_writes_no_memory_to_the_disk() {
        forbid();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
    }
}
