//! A whole relay in this process: port 0, a data directory of its own, a clock that the test moves.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use protocol::SiteKey;
use relay::{
    Deps, Relay,
    clock::{Clock, ManualClock, Timestamp},
    config::Config,
    domain::{
        dealer::{Dealer, file::DealerFile},
        document::NewDocument,
    },
    llm::{LlmConfig, ProviderKind},
    random::OsRandom,
    store::Ledger,
    telemetry::Metrics,
};
use tempfile::TempDir;

use crate::{
    llm::{MockLlm, Script},
    visitor::Visitor,
};

/// The moment at which test clocks begin: a Wednesday in opening hours, 2026-11-25T10:00:00Z.
pub const BEGIN: Timestamp = Timestamp::from_millis(1_795_600_800_000);

/// How long a test waits for what always comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a visitor waits before it knocks again.
const KNOCK: Duration = Duration::from_millis(10);

/// What the first dealer's documents say; enough for the documents answerer to have an answer.
const DOCUMENT: &str = "Our workshop warranty lasts twelve months on every used car. \
    We are open on Saturday from nine to five. \
    You can part exchange your old car: we value it while you wait.";

/// A model's server that plays one script for every request.
pub async fn model(script: Script) -> anyhow::Result<MockLlm> {
    let model = MockLlm::start().await?;
    model.usually(script);
    Ok(model)
}

/// The configuration of a relay that asks this model.
pub fn llm(model: &MockLlm) -> LlmConfig {
    LlmConfig {
        provider: ProviderKind::OpenaiCompatible,
        model: Some("mock".to_owned()),
        base_url: Some(model.base_url("")),
        ..LlmConfig::default()
    }
}

/// Lets a gated model say so many words more.
pub fn release(model: &MockLlm, n_words: usize) {
    for _ in 0..n_words {
        model.release();
    }
}

/// A relay that a test has for itself.
pub struct TestRelay {
    relay: Option<Relay>,
    dir: TempDir,
    config: Config,
    /// The clock of the relay; retention and budgets go by it.
    pub clock: Arc<ManualClock>,
}

impl TestRelay {
    /// A relay with the documents answerer and one dealer, `site_first`.
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(|_| ()).await
    }

    /// The same with a configuration of its own.
    pub async fn with(change: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut config = Config::for_tests(dir.path());
        change(&mut config);
        let clock = Arc::new(ManualClock::at(BEGIN));
        let mut relay = Self { relay: None, dir, config, clock };
        relay.boot().await?;
        relay.add_dealer("First Cars", "site_first", DOCUMENT).await?;
        Ok(relay)
    }

    /// The same with a model's server.
    pub async fn with_llm(llm: LlmConfig) -> anyhow::Result<Self> {
        Self::with(|config| config.llm = llm).await
    }

    async fn boot(&mut self) -> anyhow::Result<()> {
        let deps = Deps {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            random: Arc::new(OsRandom),
            metrics: Metrics::for_tests(),
        };
        self.relay = Some(Relay::start(self.config.clone(), deps).await?);
        Ok(())
    }

    /// Adds a dealer with one site and one document.
    pub async fn add_dealer(&self, name: &str, site: &str, text: &str) -> anyhow::Result<Dealer> {
        self.add_dealer_with(name, site, text, "").await
    }

    /// The same with more lines for its `dealer.toml`.
    pub async fn add_dealer_with(
        &self,
        name: &str,
        site: &str,
        text: &str,
        more: &str,
    ) -> anyhow::Result<Dealer> {
        let dealer = self.add_dealer_file(&dealer_toml(name, site, more)).await?;
        let document = NewDocument {
            name: "facts.md".to_owned(),
            title: format!("{name}: facts"),
            url: None,
            text: text.to_owned(),
        };
        self.store().dealer(&dealer.id).replace_documents(vec![document]).await?;
        Ok(dealer)
    }

    /// Adds a dealer from a whole file.
    pub async fn add_dealer_file(&self, file: &str) -> anyhow::Result<Dealer> {
        let read = DealerFile::read("dealer.toml", file, &self.config.retention_bounds)
            .map_err(|problems| anyhow::anyhow!("{problems}"))?;
        let dealer = read.into_dealer(None, &OsRandom);
        self.store().add_dealer(&dealer).await?;
        Ok(dealer)
    }

    /// The first dealer.
    pub fn first_dealer(&self) -> anyhow::Result<Arc<Dealer>> {
        let dealer = self.store().dealer_by_site(&SiteKey::parse("site_first")?);
        dealer.context("the first dealer was added")
    }

    /// The relay itself.
    ///
    /// # Panics
    /// Between a stop and the next start there is none.
    #[expect(clippy::expect_used, reason = "a test that asks for a stopped relay is wrong")]
    pub fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("the relay runs")
    }

    /// The relay's store.
    pub fn store(&self) -> &relay::store::Store {
        self.relay().store()
    }

    /// The first dealer's deliveries, once they are so.
    pub async fn deliveries(
        &self,
        fact: impl Fn(&[Ledger]) -> bool,
    ) -> anyhow::Result<Vec<Ledger>> {
        let dealer = self.first_dealer()?.id.clone();
        let mut last = Vec::new();
        let looking = async {
            loop {
                last = self.store().dealer(&dealer).ledger(None, 1_000).await?;
                if fact(&last) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(KNOCK).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.with_context(|| format!("it never came to that: {last:?}"))??;
        Ok(last)
    }

    /// Where visitors connect.
    pub fn address(&self) -> SocketAddr {
        self.relay().visitors()
    }

    /// Where the operator's doors are.
    pub fn admin(&self) -> SocketAddr {
        self.relay().admin()
    }

    /// The relay's own origin.
    pub fn origin(&self) -> &str {
        self.relay().public_origin()
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A visitor on the site of the first dealer, greeted.
    pub async fn visitor(&self) -> anyhow::Result<Visitor> {
        self.visitor_on("site_first").await
    }

    /// A visitor on a site, greeted.
    pub async fn visitor_on(&self, site: &str) -> anyhow::Result<Visitor> {
        let mut visitor = Visitor::new(SiteKey::parse(site)?);
        visitor.connect(self.address(), self.origin()).await?;
        visitor.hello().await?;
        Ok(visitor)
    }

    /// A visitor who knocks until somebody else has left; fails where nobody does for long.
    pub async fn visitor_once_there_is_room(&self) -> anyhow::Result<Visitor> {
        let knocking = async {
            loop {
                if let Ok(visitor) = self.visitor().await {
                    return visitor;
                }
                tokio::time::sleep(KNOCK).await;
            }
        };
        tokio::time::timeout(PATIENCE, knocking).await.context("there was never room again")
    }

    /// Connects a visitor again, who resumes where it was.
    pub async fn welcome_back(&self, visitor: &mut Visitor) -> anyhow::Result<()> {
        visitor.connect(self.address(), self.origin()).await?;
        visitor.hello().await.map(|_| ())
    }

    /// Stops the relay as a signal would; fails if that took longer than its deadline.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let relay = self.relay.take().context("the relay runs")?;
        let tasks = relay.tasks().clone();
        ensure!(relay.stop().await, "the relay did not stop within its deadline");
        ensure!(tasks.panics() == 0, "a task of the relay panicked");
        Ok(())
    }

    /// Starts it again on the same data.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        if self.relay.is_some() {
            self.stop().await?;
        }
        self.boot().await
    }

    /// Moves the relay's clock on.
    pub fn advance(&self, time: Duration) {
        self.clock.advance(time);
    }
}

/// A task that panicked is a fault, whatever the visitors saw of it.
impl Drop for TestRelay {
    fn drop(&mut self) {
        if let Some(relay) = &self.relay
            && !std::thread::panicking()
        {
            assert_eq!(relay.tasks().panics(), 0, "a task of the relay panicked");
        }
    }
}

/// A dealer's file as small as it may be.
pub fn dealer_toml(name: &str, site: &str, more: &str) -> String {
    format!(
        r#"
name = "{name}"
languages = ["en", "de"]
country = "GB"
timezone = "Europe/London"
privacy_url = "https://cars.example/privacy"

[legal]
name = "{name} Ltd"
address = "1 Quay Street, Portmouth"
country = "GB"
email = "privacy@cars.example"

[contact]
phone = "0131 496 0123"
email = "sales@cars.example"

[[sites]]
key = "{site}"
name = "Main"
origins = ["https://cars.example"]

[lead_form]
fields = ["name!", "email", "phone", "interest", "message"]
marketing = ["email", "phone"]

{more}
"#
    )
}
