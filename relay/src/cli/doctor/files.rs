//! How many sockets the system lets a relay hold.

use super::Finding;
use crate::open_files::OpenFiles;

const CHECK: &str = "open files";

pub(super) fn look(sockets: usize) -> Finding {
    judge(OpenFiles::for_sockets(sockets), sockets)
}

fn judge(OpenFiles { allowed, wanted }: OpenFiles, sockets: usize) -> Finding {
    if wanted <= allowed {
        return Finding::ok(CHECK, format!("{allowed} may be open, {wanted} are enough"));
    }
    Finding::warn(
        CHECK,
        format!("{allowed} may be open here, {sockets} sockets need {wanted}"),
        "Set LimitNOFILE in the relay's unit (or `ulimit -Hn`), or lower limits.max_sockets",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn too_few_for_the_sockets_that_are_allowed_is_told() {
        let judged = |allowed| judge(OpenFiles { allowed, wanted: 10_500 }, 10_000);
        assert_eq!(judged(10_500).level, Level::Ok);
        let few = judged(1_024);
        assert_eq!(few.level, Level::Warn);
        assert!(few.message.contains("1024") && few.remedy.contains("LimitNOFILE"), "{few:?}");
    }
}
