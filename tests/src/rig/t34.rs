//! T34: the Autobahn test suite against the relay's own sockets: RFC 6455 to the letter, and each
//! socket closed as both sides should. The control drops the socket as soon as it hears of a close.
//!
//! The relay itself speaks only its protocol, so what is tested is an echo with the relay's listener,
//! bounds and way of reading and closing (`echo.rs`), its bound raised to the suite's largest
//! message.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Findings, Tier};
use crate::{
    echo::{EchoProcess, Manner},
    measure::count,
    process::path_in,
};

/// What is never run: compression, which the relay never negotiates (T35).
const COMPRESSION: [&str; 2] = ["12.*", "13.*"];

/// What is left out where a few seconds must do: large messages, and the cases that wait for seconds.
const SLOW: [&str; 6] = ["5.19", "5.20", "6.4.*", "9.*", "12.*", "13.*"];

/// What the library reads less strictly than the suite would like: a text that turns out not to be
/// UTF-8 is refused at its end, not within the frame (6.4.3, 6.4.4).
const NON_STRICT_MAX: f64 = 2.0;

/// All that may be said of a case.
const FINE: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];

/// How many sockets a handler that breaks on a close leaves unclean, at least.
const UNCLEAN_MIN: u64 = 100;

/// The suite's own main, run by a Python that finds its packages where they were put.
const MAIN: &str = "import site, sys; site.addsitedir(sys.argv.pop(1)); \
    from autobahntestsuite.wstest import run; run()";

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let left_out: &[&str] = tier.pick(&SLOW, &COMPRESSION, &COMPRESSION);
    let (verdict, control) =
        tokio::join!(suite(Manner::Relay, left_out), suite(Manner::BreaksOnClose, &SLOW));
    let (verdict, control) = (verdict?, control?);
    findings.note("cases", verdict.cases);
    for (behaviour, n) in &verdict.behaviours {
        findings.note(&format!("behaviour {behaviour}"), *n);
    }
    findings.exactly("failed", verdict.of("FAILED"), 0);
    findings.exactly("wrong_code", verdict.of("close WRONG CODE"), 0);
    findings.exactly("unclean", verdict.of("close UNCLEAN"), 0);
    findings.exactly("failed_by_client", verdict.of("close FAILED BY CLIENT"), 0);
    findings.at_most("non_strict", count(verdict.of("NON-STRICT")), NON_STRICT_MAX);
    let known: u64 = FINE.iter().map(|behaviour| verdict.of(behaviour)).sum();
    findings.exactly("other", verdict.cases.abs_diff(known), 0);
    findings.at_least("cases_run", count(verdict.cases), count(tier.pick(237, 301, 301)));

    let unclean = control.of("close UNCLEAN");
    findings.note("control_unclean", unclean);
    findings.control("a handler that breaks on a close", UNCLEAN_MIN < unclean);
    Ok(())
}

/// What the suite says of a server.
struct Verdict {
    cases: u64,
    /// How often each behaviour was seen; those at the close with `close` before them.
    behaviours: BTreeMap<String, u64>,
}

impl Verdict {
    fn of(&self, behaviour: &str) -> u64 {
        self.behaviours.get(behaviour).copied().unwrap_or(0)
    }
}

/// Runs the suite against an echo.
async fn suite(manner: Manner, left_out: &[&str]) -> anyhow::Result<Verdict> {
    let (Ok(python), Ok(site)) = (path_in("AUTOBAHN_PYTHON"), path_in("AUTOBAHN_SITE")) else {
        anyhow::bail!(
            "T34 needs Python 2.7 with pip, for autobahntestsuite: `pyenv install 2.7.18`"
        )
    };
    let echo = EchoProcess::start(manner).await?;
    let dir = tempfile::tempdir()?;
    let spec = json!({
        "outdir": dir.path().join("reports"),
        "servers": [{ "agent": "forecourt", "url": format!("ws://{}/v1/chat", echo.address) }],
        "cases": ["*"],
        "exclude-cases": left_out,
        "exclude-agent-cases": {},
    });
    let file = dir.path().join("spec.json");
    std::fs::write(&file, spec.to_string())?;
    let output = Command::new(python)
        .args(["-c", MAIN])
        .arg(site)
        .args(["-m", "fuzzingclient", "-s"])
        .arg(&file)
        .current_dir(dir.path())
        .kill_on_drop(true)
        .output()
        .await
        .context("can't start the Autobahn test suite")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the Autobahn test suite failed: {told}");
    verdict(&dir.path().join("reports/index.json"))
}

/// Reads the suite's own summary.
fn verdict(index: &Path) -> anyhow::Result<Verdict> {
    let text = std::fs::read_to_string(index).context("the suite left no summary")?;
    let index: Value = serde_json::from_str(&text)?;
    let cases = index["forecourt"].as_object().context("the suite did not test the echo")?;
    let mut behaviours = BTreeMap::new();
    for case in cases.values() {
        let words = [("", &case["behavior"]), ("close ", &case["behaviorClose"])];
        for (prefix, word) in words {
            let word = format!("{prefix}{}", word.as_str().unwrap_or("UNKNOWN"));
            *behaviours.entry(word).or_insert(0) += 1;
        }
    }
    Ok(Verdict { cases: cases.len() as u64, behaviours })
}
