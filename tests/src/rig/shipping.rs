//! Shipping the log of a relay as it is written: by Litestream, with the commands that
//! docs/operations.md gives, word by word.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use protocol::ClientMsgId;
use tokio::process::{Child, Command};

use super::integrity::{self, DATABASE};
use crate::{measure::Stopwatch, process::path_in};

/// What operators are told.
const DOCS: &str = include_str!("../../../docs/operations.md");

/// The variable in which `cargo xtask` names it.
const PROGRAM: &str = "LITESTREAM_BIN";

/// How long what was acknowledged may take to be shipped before the run counts as broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Where the documentation has the data, and where what was shipped.
const DATA: &str = "/var/lib/forecourt";
const SHIPPED: &str = "/tmp/shipped";

/// Whether this machine has a Litestream.
pub fn is_here() -> bool {
    path_in(PROGRAM).is_ok()
}

/// A Litestream at work beside a relay.
pub struct Shipping {
    program: PathBuf,
    replica: String,
    child: Child,
}

impl Shipping {
    /// Starts Litestream on the data of a running relay; `None` where this machine has no Litestream.
    pub fn start(data: &Path, replica: &Path) -> anyhow::Result<Option<Self>> {
        let Ok(program) = path_in(PROGRAM) else { return Ok(None) };
        let replica = format!("file://{}", replica.display());
        let args = documented("litestream replicate", data, &replica)?;
        let child = Command::new(&program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("can't start Litestream")?;
        Ok(Some(Self { program, replica, child }))
    }

    /// Restores into a directory until the copy holds all these messages.
    pub async fn until_shipped(
        &self,
        wanted: &BTreeSet<ClientMsgId>,
        to: &Path,
    ) -> anyhow::Result<()> {
        let args = documented("litestream restore", to, &self.replica)?;
        let watch = Stopwatch::start();
        loop {
            drop(std::fs::remove_dir_all(to));
            std::fs::create_dir_all(to)?;
            let restored = Command::new(&self.program).args(&args).output().await?;
            // At first there is nothing to restore.
            let is_there = restored.status.success();
            if is_there && integrity::rows(to, wanted).await?.missing == 0 {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&restored.stderr);
            ensure!(watch.elapsed() < PATIENCE, "Litestream has not shipped it: {said}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends it as a power cut would.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// The arguments of the command that the documentation gives and that begins like this, with a
/// directory and a replica put in.
fn documented(begin: &str, dir: &Path, replica: &str) -> anyhow::Result<Vec<String>> {
    let line = DOCS.lines().find(|line| line.starts_with(begin));
    let line = line.with_context(|| format!("docs/operations.md gives no `{begin}`"))?;
    ensure!(line.contains(DATABASE) && line.contains("REPLICA"), "{line}");
    let dir = dir.display().to_string();
    let put_in = |word: &str| match word {
        "REPLICA" => replica.to_owned(),
        word => word.replace(DATA, &dir).replace(SHIPPED, &dir),
    };
    Ok(line.split_whitespace().skip(1).map(put_in).collect())
}
