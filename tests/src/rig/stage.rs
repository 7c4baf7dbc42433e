//! What a test under load begins with: a relay on fresh data, and a model's server where it asks one.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use protocol::SiteKey;
use relay::telemetry::names;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    check::{self, Reconciled},
    swarm::{
        Crowd,
        plan::{Group, Record},
    },
};
use crate::process::{DEMO_SITE, Forecourt, MockProcess};

/// A relay that runs, and what belongs to it.
pub struct Stage {
    dir: TempDir,
    model: Option<MockProcess>,
    /// The relay.
    pub relay: Forecourt,
}

impl Stage {
    /// Makes room for the relay that a variable names; it isn't started yet. With a script, a
    /// model's server answers; else the documents do.
    pub async fn new(binary: &str, script: Option<&Value>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut relay = Forecourt::named(binary, &dir.path().join("data"))?.without_paces();
        let model = match script {
            Some(script) => Some(MockProcess::start(script, dir.path()).await?),
            None => None,
        };
        if let Some(model) = &model {
            relay = relay.with_llm(&model.url);
        }
        Ok(Self { dir, model, relay })
    }

    /// Sets a `FORECOURT_…` variable for the next starts.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.relay = self.relay.set(name, value);
        self
    }

    /// Starts the relay.
    pub async fn start(mut self) -> anyhow::Result<Self> {
        self.relay.start().await?;
        Ok(self)
    }

    /// Ends the relay like a crash and starts it again on the same data.
    pub async fn crash(&mut self) -> anyhow::Result<Duration> {
        self.relay.kill().await?;
        self.relay.start().await.context("the killed relay did not come back")
    }

    /// The relay's data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Where the model's server is, which this has where it began with a script.
    pub fn model_url(&self) -> anyhow::Result<&str> {
        Ok(&self.model.as_ref().context("the documents answer")?.url)
    }

    /// A directory beside it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The process of the relay.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.relay.pid().context("the relay has ended")
    }

    /// How many sockets the relay holds, by its own count.
    pub async fn open_sockets(&self) -> anyhow::Result<u64> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("http://{}/metrics", self.relay.admin());
        let text = client.get(url).send().await?.error_for_status()?.text().await?;
        let line =
            text.lines().find_map(|line| line.strip_prefix(names::SOCKETS)?.strip_prefix(' '));
        Ok(line.context("no count of sockets")?.trim().parse()?)
    }

    /// Sends a crowd, whose ledger gets this name.
    pub async fn crowd(
        &self,
        name: &str,
        groups: Vec<Group>,
        arrive_within: Duration,
    ) -> anyhow::Result<Crowd> {
        let ledger = self.dir.path().join(name);
        Crowd::send(self.relay.address(), groups, arrive_within, &ledger).await
    }

    /// Compares a ledger with what is kept and what the model was asked.
    pub async fn reconcile(&self, records: &[Record]) -> anyhow::Result<Reconciled> {
        let calls = match &self.model {
            Some(model) => check::calls(&model.url).await?,
            None => Vec::new(),
        };
        check::check(records, &self.data(), &calls).await
    }
}

/// Visitors of the demo's dealer who say so much and then sit there.
pub fn silent(n: usize, turns: u64) -> anyhow::Result<Group> {
    let sites = vec![SiteKey::parse(DEMO_SITE)?];
    Ok(Group { n, sites, turns: Some(turns), pause_ms: 0, chars: 0 })
}

/// Visitors of the demo's dealer who never stop.
pub fn talking(n: usize, pause_ms: u64, chars: usize) -> anyhow::Result<Group> {
    let sites = vec![SiteKey::parse(DEMO_SITE)?];
    Ok(Group { n, sites, turns: None, pause_ms, chars })
}
