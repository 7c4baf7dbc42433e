//! The process of a crowd: reads its plan and its orders from standard input, answers each order
//! with a report, and leaves a ledger.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use relay::random::{self, OsRandom};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::watch,
    task::JoinSet,
};

use super::{
    newcomer,
    plan::{Group, Order, Plan, Record},
    visit::{Tally, Visit},
};
use crate::visitor::fresh_id;

/// From how many addresses they come: 28,000 ports each.
const SOURCES: u8 = 4;

/// Plays a crowd until it is told to finish.
pub async fn run() -> anyhow::Result<()> {
    // Each visitor is an open file.
    rlimit::increase_nofile_limit(u64::MAX).context("can't ask for more open files")?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let plan = lines.next_line().await?.context("the first line is the plan")?;
    let plan: Plan = serde_json::from_str(&plan)?;
    let (say, orders) = watch::channel(Order::Report);
    let tally = Arc::<Tally>::default();
    let mut visits = JoinSet::new();
    for (number, group) in everybody(&plan).enumerate() {
        let site = &group.sites[number % group.sites.len()];
        let source = u8::try_from(number % usize::from(SOURCES))?;
        let visit = visit(plan.relay, &group, site.as_str(), source, &tally, &orders)?;
        let after = random::below(&OsRandom, plan.arrive_within_ms);
        visits.spawn(visit.live(Duration::from_millis(after)));
    }
    drop(orders);
    while let Some(line) = lines.next_line().await? {
        let order: Order = serde_json::from_str(&line)?;
        if order != Order::Report {
            say.send_replace(order);
        }
        if order == Order::Finish {
            write_ledger(&plan, visits).await?;
            visits = JoinSet::new();
        }
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &tally.report())?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

/// The group of each visitor, one after the other.
fn everybody(plan: &Plan) -> impl Iterator<Item = Arc<Group>> {
    let groups: Vec<Arc<Group>> = plan.groups.iter().cloned().map(Arc::new).collect();
    groups.into_iter().flat_map(|group| std::iter::repeat_n(Arc::clone(&group), group.n))
}

fn visit(
    relay: SocketAddr,
    group: &Arc<Group>,
    site: &str,
    source: u8,
    tally: &Arc<Tally>,
    orders: &watch::Receiver<Order>,
) -> anyhow::Result<Visit> {
    let mut visitor = newcomer(site)?;
    visitor.from = Some(Ipv4Addr::new(127, 0, 0, 1 + source));
    Ok(Visit {
        relay,
        group: Arc::clone(group),
        tally: Arc::clone(tally),
        orders: orders.clone(),
        visitor,
        record: Record { site: site.to_owned(), ..Record::default() },
        before: Vec::new(),
        turns_left: group.turns,
        pending: fresh_id(),
        is_quiet: false,
    })
}

/// Waits for all visitors and writes down what they saw.
async fn write_ledger(plan: &Plan, mut visits: JoinSet<Vec<Record>>) -> anyhow::Result<()> {
    let mut ledger = std::io::BufWriter::new(std::fs::File::create(&plan.ledger)?);
    while let Some(records) = visits.join_next().await {
        for record in records.context("a visitor broke down")? {
            serde_json::to_writer(&mut ledger, &record)?;
            ledger.write_all(b"\n")?;
        }
    }
    ledger.flush()?;
    Ok(())
}
