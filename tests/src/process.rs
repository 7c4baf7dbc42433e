//! The relay as a process of its own: started, killed, started again on the same data and ports.

mod log;
mod port;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use protocol::{Message, SiteKey};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{measure::Stopwatch, visitor::Visitor};
use log::Log;
pub use port::free_address;

/// How long a process may take to say that it is ready before the run counts as broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// The key of the demo dealer's site.
pub const DEMO_SITE: &str = "site_harbour-cars";

/// `forecourt demo`, or `serve`, on fixed ports and a fixed data directory.
pub struct Forecourt {
    binary: PathBuf,
    data: PathBuf,
    listen: SocketAddr,
    admin: SocketAddr,
    /// Where the demo has its dealer's site; without one, `serve` runs.
    site: Option<SocketAddr>,
    environment: BTreeMap<String, String>,
    /// A program that starts the relay in its own place, with its arguments: `strace -D …`.
    wrapper: Vec<String>,
    /// Where its log goes; to a file of its own without it.
    log: Option<PathBuf>,
    /// What the process says, or the last one said.
    said: Option<Log>,
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
            site: Some(free_address()?),
            environment: BTreeMap::new(),
            wrapper: Vec::new(),
            log: None,
            said: None,
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
            said: None,
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

    /// Runs `forecourt serve`: with the dealers that were added, and no demo's.
    #[must_use]
    pub fn serving(mut self) -> Self {
        self.site = None;
        self.set("FORECOURT_OPERATOR_NAME", "Rig Ltd")
            .set("FORECOURT_OPERATOR_CONTACT", "privacy@rig.example")
    }

    /// Adds a dealer by the operator's command.
    pub async fn add_dealer(&self, file: &Path) -> anyhow::Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(["dealer", "add", "--file"]).arg(file).arg("--data").arg(&self.data);
        let done = command.envs(&self.environment).stdin(Stdio::null()).output().await?;
        ensure!(done.status.success(), "dealer add: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Lets one machine play many visitors.
    #[must_use]
    pub fn without_paces(self) -> Self {
        self.set("FORECOURT_LIMITS_MAX_SOCKETS_PER_ADDRESS", "100000")
            .set("FORECOURT_LIMITS_MAX_SOCKETS", "100000")
            .set("FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE", "4000000")
            .set("FORECOURT_LIMITS_VISITOR_MESSAGES_PER_MINUTE", "4000000")
    }

    /// The next relay on the same data and for the same visitors, with an operator's door of its own;
    /// its binary is named by a variable.
    pub fn successor(&self, variable: &str) -> anyhow::Result<Self> {
        Ok(Self {
            binary: path_in(variable)?,
            admin: free_address()?,
            site: self.site.map(|_| free_address()).transpose()?,
            environment: self.environment.clone(),
            ..Self::same_door(self)
        })
    }

    /// Starts the process and waits until its doors are open; returns how long that took.
    pub async fn start(&mut self) -> anyhow::Result<Duration> {
        let command = self.started_by(&[]);
        self.start_as(command, &[]).await
    }

    /// The same on a socket that is listened on already, passed on as systemd does: as the third
    /// file, named by two variables. A shell moves it there and knows the process that it becomes.
    pub async fn start_on(&mut self, door: OwnedFd, more: &[&str]) -> anyhow::Result<Duration> {
        let passing = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
        let mut command = self.started_by(&["sh", "-c", passing, "sh"]);
        command.stdin(Stdio::from(door));
        self.start_as(command, more).await
    }

    /// The program, started by these words and by its wrapper, if it has one.
    fn started_by(&self, words: &[&str]) -> Command {
        let binary = self.binary.display().to_string();
        let wrapper = self.wrapper.iter().map(String::as_str);
        let mut all = words.iter().copied().chain(wrapper).chain([binary.as_str()]);
        let mut command = Command::new(all.next().unwrap_or_default());
        command.args(all).stdin(Stdio::null());
        command
    }

    /// Which command it is, where it listens, where its data is.
    fn tell(&self, command: &mut Command) {
        match self.site {
            Some(site) => command.args(["demo", "--site-listen", &site.to_string()]),
            None => command.arg("serve"),
        };
        command
            .args(["--listen", &self.listen.to_string()])
            .args(["--admin-listen", &self.admin.to_string()])
            .arg("--data")
            .arg(&self.data)
            .envs(&self.environment);
    }

    async fn start_as(&mut self, mut command: Command, more: &[&str]) -> anyhow::Result<Duration> {
        let watch = Stopwatch::start();
        self.tell(&mut command);
        let log = Log::begin(self.log.as_deref())?;
        let mut child = command
            .args(more)
            .stdout(Stdio::piped())
            .stderr(log.file()?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("can't start {}", self.binary.display()))?;
        let stdout = child.stdout.take().context("the output is piped")?;
        self.child = Some(child);
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            if self.site.is_none() {
                return self.answers().await;
            }
            while let Some(line) = lines.next_line().await? {
                if line.contains("Relay: ") {
                    return Ok(());
                }
            }
            bail!("{} ended before it was ready", self.binary.display())
        };
        let is_ready = tokio::time::timeout(PATIENCE, ready).await;
        let took = watch.elapsed();
        let is_ready = is_ready.context("the relay never got ready").and_then(|ready| ready);
        let told = is_ready.with_context(|| format!("it said:\n{}", log.tail()));
        self.said = Some(log);
        told.map(|()| took)
    }

    /// Waits for an open door, which is all that `serve` says of being ready but for its log.
    async fn answers(&self) -> anyhow::Result<()> {
        while tokio::net::TcpStream::connect(self.listen).await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
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
        self.did_not_panic()
    }

    /// Fails where the process panicked.
    fn did_not_panic(&self) -> anyhow::Result<()> {
        self.said.as_ref().map_or(Ok(()), Log::check)
    }

    /// Starts it where it must fail; answers its exit code and what it said.
    pub async fn fail(&self) -> anyhow::Result<(i32, String)> {
        let mut command = Command::new(&self.binary);
        self.tell(&mut command);
        let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(PATIENCE, running).await.context("it did not fail")??;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output.status.code().unwrap_or(-1), told))
    }

    /// Asks it to stop (SIGTERM) and waits for its end; also says how long that took.
    pub async fn terminate(&mut self) -> anyhow::Result<(ExitStatus, Duration)> {
        let mut child = self.child.take().context("there is no process to stop")?;
        let pid = child.id().context("the process has ended already")?;
        let watch = Stopwatch::start();
        let sent = Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        ensure!(sent.success(), "SIGTERM did not reach the process {pid}");
        let status = tokio::time::timeout(PATIENCE, child.wait()).await;
        let took = watch.elapsed();
        self.did_not_panic()?;
        Ok((status.context("the relay never stopped")??, took))
    }

    /// Waits until it has ended by itself; `None` if it goes on for so long.
    pub async fn ended(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let Ok(status) = tokio::time::timeout(patience, child.wait()).await else {
            return Ok(None);
        };
        self.child = None;
        self.did_not_panic()?;
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

    /// The whole conversation of a visitor who comes back with nothing but its token, once what is
    /// being answered there is answered.
    pub async fn read_anew(&self, visitor: &mut Visitor) -> anyhow::Result<Vec<Message>> {
        visitor.cut();
        visitor.messages.clear();
        visitor.live = None;
        self.greet(visitor).await?;
        visitor.settled().await?;
        visitor.cut();
        Ok(visitor.messages.values().cloned().collect())
    }

    /// Connects a visitor and greets; what it has is resumed.
    pub async fn greet(&self, visitor: &mut Visitor) -> anyhow::Result<()> {
        visitor.connect(self.listen, &self.origin()).await?;
        visitor.hello().await.map(drop)
    }
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

/// Sends a process a signal by its name, such as `STOP`.
pub async fn signal(pid: u32, name: &str) -> anyhow::Result<()> {
    // The shell has it built in; a `kill` of its own is not on every machine.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().await?;
    ensure!(status.success(), "can't send {name} to {pid}");
    Ok(())
}
