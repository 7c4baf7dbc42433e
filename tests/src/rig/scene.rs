//! A relay as a process with a scripted model behind it: the scene of the tests of providers.

use anyhow::Context;
use tempfile::TempDir;

use crate::{llm::MockLlm, process::Forecourt, visitor::Visitor};

/// A relay and the model that it asks.
pub struct Scene {
    /// The relay, running.
    pub relay: Forecourt,
    /// What it asks.
    pub model: MockLlm,
    _dir: TempDir,
}

/// How a relay is started: which binary, what is planted in it, what is set otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The variable that names the binary.
    pub binary: &'a str,
    /// What is planted.
    pub planted: Option<&'a str>,
    /// Variables of the relay.
    pub variables: &'a [(&'a str, &'a str)],
}

impl<'a> Setting<'a> {
    /// The right relay with these variables.
    pub fn right(variables: &'a [(&'a str, &'a str)]) -> Self {
        Self { binary: "FORECOURT_BIN", planted: None, variables }
    }

    /// The same with something planted.
    #[must_use]
    pub fn planted(self, name: &'a str) -> Self {
        Self { binary: "FORECOURT_PLANTED_BIN", planted: Some(name), ..self }
    }
}

impl Scene {
    /// Starts both.
    pub async fn start(setting: Setting<'_>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let model = MockLlm::start().await?;
        let mut relay = Forecourt::named(setting.binary, &dir.path().join("data"))?
            .with_llm(&model.base_url(""))
            .without_paces();
        for (name, value) in setting.variables {
            relay = relay.set(name, value);
        }
        if let Some(planted) = setting.planted {
            relay = relay.set("FORECOURT_PLANTED", planted);
        }
        relay.start().await?;
        Ok(Self { relay, model, _dir: dir })
    }

    /// A visitor, greeted.
    pub async fn visitor(&self) -> anyhow::Result<Visitor> {
        let mut visitor = Forecourt::stranger()?;
        self.relay.greet(&mut visitor).await?;
        Ok(visitor)
    }

    /// The sum of a metric over its labels; 0 where nothing was counted.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let url = format!("http://{}/metrics", self.relay.admin());
        let client = reqwest::Client::builder().no_proxy().build()?;
        let text = client.get(url).send().await?.text().await?;
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter(|rest| rest.starts_with([' ', '{']));
        values
            .map(|rest| rest.rsplit(' ').next().unwrap_or_default().parse::<f64>())
            .try_fold(0.0, |sum, value| Ok(sum + value.context("no number")?))
    }

    /// The relay's process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.relay.pid().context("the relay runs")
    }
}
