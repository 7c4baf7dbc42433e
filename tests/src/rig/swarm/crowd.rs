//! A crowd in a process of its own, as seen by the test that sent it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::plan::{Group, Order, Plan, Record, Report};
use crate::measure::Stopwatch;

/// How often it is asked how it stands.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// How long it may take to finish: slower is broken.
const FINISH: Duration = Duration::from_mins(2);

/// The process. Ends with this.
pub struct Crowd {
    child: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
    ledger: PathBuf,
}

impl Crowd {
    /// Sends a crowd to a relay.
    pub async fn send(
        relay: SocketAddr,
        groups: Vec<Group>,
        arrive_within: Duration,
        ledger: &Path,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("crowd")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("can't start the crowd")?;
        let mut orders = child.stdin.take().context("the input is piped")?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let plan = Plan {
            relay,
            groups,
            arrive_within_ms: u64::try_from(arrive_within.as_millis())?,
            ledger: ledger.to_owned(),
        };
        orders.write_all(format!("{}\n", serde_json::to_string(&plan)?).as_bytes()).await?;
        let reports = BufReader::new(stdout).lines();
        Ok(Self { child, orders, reports, ledger: plan.ledger })
    }

    /// Gives an order; answers how it stands.
    pub async fn order(&mut self, order: Order) -> anyhow::Result<Report> {
        let line = format!("{}\n", serde_json::to_string(&order)?);
        self.orders.write_all(line.as_bytes()).await.context("the crowd broke down")?;
        let report = self.reports.next_line().await?.context("the crowd broke down")?;
        Ok(serde_json::from_str(&report)?)
    }

    /// How it stands.
    pub async fn report(&mut self) -> anyhow::Result<Report> {
        self.order(Order::Report).await
    }

    /// Waits for a fact; fails after `limit`.
    pub async fn until(
        &mut self,
        what: &str,
        limit: Duration,
        fact: impl Fn(&Report) -> bool,
    ) -> anyhow::Result<Report> {
        let watch = Stopwatch::start();
        loop {
            let report = self.report().await?;
            if fact(&report) {
                return Ok(report);
            }
            ensure!(
                watch.elapsed() < limit,
                "waited {limit:?} in vain until {what}; it stands so: {report:?}"
            );
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Waits until so many messages more have been acknowledged.
    pub async fn until_more(&mut self, n_messages: u64, limit: Duration) -> anyhow::Result<Report> {
        let goal = self.report().await?.acknowledged + n_messages;
        self.until("more is acknowledged", limit, |report| goal <= report.acknowledged).await
    }

    /// Calls all back; answers how it stood, and the ledger.
    pub async fn finish(mut self) -> anyhow::Result<(Report, Vec<Record>)> {
        let finished = tokio::time::timeout(FINISH, self.order(Order::Finish)).await;
        let report = finished.context("the crowd did not finish")??;
        drop(self.orders);
        self.child.wait().await?;
        let text = std::fs::read_to_string(&self.ledger)?;
        let records: Result<_, _> = text.lines().map(serde_json::from_str).collect();
        Ok((report, records?))
    }
}
