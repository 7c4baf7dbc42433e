//! T44: nothing is delivered into the relay's own network, in whichever way its address is written. Listeners
//! on this machine hear of every connection; a name server that answers with this machine changes nothing.
//! The control is a target that the operator allows: it is connected to.

use anyhow::Context;
use protocol::lead::LeadFields;
use relay::{
    domain::target::{Allowed, Target, TargetChannel},
    outbox::guard,
};

use super::{Findings, Tier, canary::Canary, on_a_thread, weeks::Weeks};

/// Hosts that are this machine, its network or nothing public, in many spellings.
const HOSTS: [&str; 46] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "metadata.google.internal",
    "printer.local",
    "relay",
    "①②⑦.⓪.⓪.①",
];

/// Runs the test and its control.
pub async fn run(_: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let canary = Canary::start().await?;
    let (mut targets, mut let_through) = (0_u64, 0);
    for url in urls(canary.port) {
        targets += 1;
        let_through += u64::from(guard::check(&url, &Allowed::default()).is_ok());
    }
    findings.at_least("targets", crate::measure::count(targets), 120.0);
    findings.exactly("targets_let_through", let_through, 0);
    let port = canary.port;
    on_a_thread(move || deliver(urls(port), Allowed::default())).await?;
    findings.exactly("connections", canary.heard(), 0);
    let url = format!("http://127.0.0.1:{port}/");
    let allowed = Allowed::default().with(&format!("127.0.0.1:{port}")).context("an address")?;
    on_a_thread(move || deliver(vec![url], allowed)).await?;
    findings.control("a target that the operator allows", 0 < canary.heard());
    Ok(())
}

/// Each host by each way.
fn urls(port: u16) -> Vec<String> {
    let of = |host: &str| {
        [
            format!("https://{host}/"),
            format!("https://{host}:{port}/"),
            format!("http://{host}:{port}/"),
        ]
    };
    let mut urls: Vec<String> = HOSTS.into_iter().flat_map(of).collect();
    urls.extend([
        format!("https://example.com@127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}\\@example.com/"),
        format!("https://user:password@example.com:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        format!("gopher://127.0.0.1:{port}/"),
        "https://example.com:8443/".to_owned(),
        "http://example.com/".to_owned(),
    ]);
    urls
}

/// Has a lead delivered to some of them at a time, as many as a dealer may have.
async fn deliver(urls: Vec<String>, allowed: Allowed) -> anyhow::Result<()> {
    for (n, some) in urls.chunks(10).enumerate() {
        let target = |(k, url): (usize, &String)| {
            Target::new(format!("target {n} {k}"), TargetChannel::Adf { url: url.clone() })
        };
        let targets = some.iter().enumerate().map(target).collect();
        let allowed = allowed.clone();
        let mut weeks = Weeks::start(|config| config.private_targets = allowed, targets).await?;
        let email = Some("sam@example.org".to_owned());
        weeks.leave(&LeadFields { email, ..LeadFields::default() }).await?;
        weeks.settled().await?;
        weeks.relay.stop().await?;
    }
    Ok(())
}
