//! The relay as a process of its own: started, killed, started again on the same data and ports.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use protocol::SiteKey;
use relay::random::{self, OsRandom};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{measure::Stopwatch, visitor::Visitor};

/// How long a process may take to say that it is ready before the run counts as broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// The key of the demo dealer's site.
const DEMO_SITE: &str = "site_harbour-cars";

/// `forecourt demo` on fixed ports and a fixed data directory.
pub struct Forecourt {
    binary: PathBuf,
    data: PathBuf,
    listen: SocketAddr,
    admin: SocketAddr,
    site: SocketAddr,
    environment: BTreeMap<String, String>,
    /// A program that starts the relay in its own place, with its arguments: `strace -D …`.
    wrapper: Vec<String>,
    /// Where its log goes; nowhere without it.
    log: Option<PathBuf>,
    child: Option<Child>,
}

impl Forecourt {
    /// A relay that is not started yet.
    pub fn new(binary: impl Into<PathBuf>, data: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            binary: binary.into(),
            data: data.to_owned(),
            listen: free_address()?,
            admin: free_address()?,
            site: free_address()?,
            environment: BTreeMap::new(),
            wrapper: Vec::new(),
            log: None,
            child: None,
        })
    }

    /// The binary that `cargo xtask` names in a variable.
    pub fn named(variable: &str, data: &Path) -> anyhow::Result<Self> {
        Self::new(path_in(variable)?, data)
    }

    /// The address of a relay without its process: for visitors, while the process comes and goes.
    pub fn same_door(other: &Self) -> Self {
        Self {
            binary: other.binary.clone(),
            data: other.data.clone(),
            listen: other.listen,
            admin: other.admin,
            site: other.site,
            environment: BTreeMap::new(),
            wrapper: Vec::new(),
            log: None,
            child: None,
        }
    }

    /// Sets a `FORECOURT_…` variable for the next starts.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same relay with its data elsewhere, for the next start.
    #[must_use]
    pub fn moved_to(mut self, data: &Path) -> Self {
        data.clone_into(&mut self.data);
        self
    }

    /// Starts it by another program, which must put the relay in its own place: a kill meets the
    /// process that was started.
    pub fn wrap(&mut self, wrapper: Vec<String>) {
        self.wrapper = wrapper;
    }

    /// Writes the log of the next starts to the end of a file.
    #[must_use]
    pub fn log_to(mut self, path: &Path) -> Self {
        self.log = Some(path.to_owned());
        self
    }

    /// Answers from a model's server instead of the documents.
    #[must_use]
    pub fn with_llm(self, url: &str) -> Self {
        self.set("FORECOURT_LLM_PROVIDER", "openai-compatible")
            .set("FORECOURT_LLM_BASE_URL", url)
            .set("FORECOURT_LLM_MODEL", "mock")
    }

    /// Lets one machine play many visitors.
    #[must_use]
    pub fn without_paces(self) -> Self {
        self.set("FORECOURT_LIMITS_MAX_SOCKETS_PER_ADDRESS", "100000")
            .set("FORECOURT_LIMITS_MAX_SOCKETS", "100000")
            .set("FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE", "4000000")
            .set("FORECOURT_LIMITS_VISITOR_MESSAGES_PER_MINUTE", "4000000")
    }

    /// Starts the process and waits until its doors are open; returns how long that took.
    pub async fn start(&mut self) -> anyhow::Result<Duration> {
        let watch = Stopwatch::start();
        let binary = self.binary.display().to_string();
        let mut words = self.wrapper.iter().chain([&binary]);
        let mut command = Command::new(words.next().context("there is a program")?);
        let mut child = command
            .args(words)
            .args(["demo", "--listen", &self.listen.to_string()])
            .args(["--admin-listen", &self.admin.to_string()])
            .args(["--site-listen", &self.site.to_string()])
            .arg("--data")
            .arg(&self.data)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file(self.log.as_deref())?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("can't start {}", self.binary.display()))?;
        let stdout = child.stdout.take().context("the output is piped")?;
        self.child = Some(child);
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("Relay: ") {
                    return Ok(());
                }
            }
            bail!("{} ended before it was ready", self.binary.display())
        };
        tokio::time::timeout(PATIENCE, ready).await.context("the relay never got ready")??;
        Ok(watch.elapsed())
    }

    /// Starts and kills it: afterwards its data is there.
    pub async fn start_once(mut self) -> anyhow::Result<()> {
        self.start().await?;
        self.kill().await
    }

    /// Ends it as a power switch would end a process: no handler runs.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Stops it as an operator would, and waits until it has ended.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let pid = self.pid().context("it runs")?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        let status = self.ended(PATIENCE).await?.context("it did not stop")?;
        anyhow::ensure!(status.success(), "it stopped with {status}");
        Ok(())
    }

    /// Waits until it has ended by itself; `None` if it goes on for so long.
    pub async fn ended(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let Ok(status) = tokio::time::timeout(patience, child.wait()).await else {
            return Ok(None);
        };
        self.child = None;
        Ok(Some(status?))
    }

    /// Runs another command of the program on the same data.
    pub async fn command(&self, args: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.binary);
        command.args(args).arg("--data").arg(&self.data).envs(&self.environment);
        command.output().await.with_context(|| format!("can't run {}", self.binary.display()))
    }

    /// The process, for its figures.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Where visitors connect.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// The relay's own origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where the operator's doors are.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// A visitor on the demo dealer's site who has not connected yet.
    pub fn stranger() -> anyhow::Result<Visitor> {
        Ok(Visitor::new(SiteKey::parse(DEMO_SITE)?))
    }

    /// Connects a visitor and greets; what it has is resumed.
    pub async fn greet(&self, visitor: &mut Visitor) -> anyhow::Result<()> {
        visitor.connect(self.listen, &self.origin()).await?;
        visitor.hello().await.map(drop)
    }
}

/// The end of a log, or nowhere.
fn log_file(path: Option<&Path>) -> anyhow::Result<Stdio> {
    let Some(path) = path else { return Ok(Stdio::null()) };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    Ok(file.with_context(|| format!("can't write {}", path.display()))?.into())
}

/// `mock-llm` as a process, so that a measured relay does not share its threads.
pub struct MockProcess {
    /// Held so that it ends with this.
    _child: Child,
    /// Its base URL.
    pub url: String,
}

impl MockProcess {
    /// Starts the server with a script.
    pub async fn start(script: &serde_json::Value, dir: &Path) -> anyhow::Result<Self> {
        let file = dir.join("script.json");
        std::fs::write(&file, script.to_string())?;
        let address = free_address()?;
        let mut child = Command::new(path_in("MOCK_LLM_BIN")?)
            .args(["--listen", &address.to_string(), "--script"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("can't start mock-llm")?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
        ready.context("mock-llm ended before it was ready")?;
        Ok(Self { _child: child, url: format!("http://{address}/v1") })
    }
}

/// A path that `cargo xtask` passes in a variable.
#[expect(clippy::disallowed_methods, reason = "this is the harness's own configuration")]
pub fn path_in(variable: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var(variable);
    path.map(PathBuf::from).with_context(|| format!("{variable} is not set: run by `cargo xtask`"))
}

/// An address that is free now, below the range from which the system lends ports.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..200 {
        let port = 12_000 + u16::try_from(random::below(&OsRandom, 18_000))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no free port below 30000")
}
