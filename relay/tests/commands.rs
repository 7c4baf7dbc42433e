//! The program as an operator meets it: commands, their exit codes, what they print.

#![cfg(test)]

#[path = "commands/backup.rs"]
mod backup;
#[path = "commands/dealer.rs"]
mod dealer;
#[path = "commands/deliver.rs"]
mod deliver;
#[path = "commands/doctor.rs"]
mod doctor;
#[path = "commands/hold.rs"]
mod hold;
#[path = "commands/proof.rs"]
mod proof;
#[path = "commands/record.rs"]
mod record;
#[path = "commands/request.rs"]
mod request;
#[path = "commands/scan.rs"]
mod scan;
#[path = "commands/subject.rs"]
mod subject;

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use protocol::{ClientMsgId, LeadId, ReplyId, SessionToken, SiteKey, lead::LeadFields};
use relay::{
    clock::{Clock, ManualClock, SystemClock, Timestamp},
    domain::lead::CheckedLead,
    lifecycle::Tasks,
    random::OsRandom,
    store::{NewLead, Role, Store, StoreOptions, Words},
};

const HARBOUR: &str = include_str!("../src/domain/dealer/file/harbour.toml");

/// The program in a directory of its own, with nothing of this process's environment.
fn forecourt(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecourt"));
    command.current_dir(dir).env_clear().args(args);
    command
}

fn run(dir: &Path, args: &[&str]) -> Output {
    forecourt(dir, args).output().unwrap()
}

fn good(dir: &Path, args: &[&str]) -> String {
    let output = run(dir, args);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command answers, and what it tells beside that.
fn told_beside(dir: &Path, args: &[&str]) -> (String, String) {
    let output = run(dir, args);
    let beside = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{args:?}: {beside}");
    (String::from_utf8(output.stdout).unwrap(), beside)
}

fn bad(dir: &Path, args: &[&str]) -> String {
    let output = run(dir, args);
    assert_eq!(output.status.code(), Some(1), "{args:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

/// A directory with a dealer's file and one document.
fn dealership() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dealer.toml"), HARBOUR).unwrap();
    std::fs::create_dir(dir.path().join("documents")).unwrap();
    let document = "# Warranty\n\nEach car has a warranty of twelve months.\n";
    std::fs::write(dir.path().join("documents/warranty.md"), document).unwrap();
    dir
}

/// A demonstration on free ports, once it has said that it is ready.
struct Demo {
    child: Child,
    /// What it printed until then.
    lines: Vec<String>,
}

impl Demo {
    fn start(dir: &Path, more: &[&str]) -> Self {
        let free = "127.0.0.1:0";
        let mut args =
            vec!["demo", "--listen", free, "--admin-listen", free, "--site-listen", free];
        args.extend(more);
        let mut child = forecourt(dir, &args).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut demo = Self { child, lines: Vec::new() };
        for line in stdout.lines() {
            demo.lines.push(line.unwrap());
            if demo.lines.last().is_some_and(|line| line == "Stop with Ctrl-C.") {
                return demo;
            }
        }
        panic!("the demo ended before it was ready: {:?}", demo.lines);
    }

    /// A server, once it has said that it listens.
    fn serve(dir: &Path, args: &[&str]) -> Self {
        let free = "127.0.0.1:0";
        let args = [args, &["--listen", free, "--admin-listen", free]].concat();
        let mut child = forecourt(dir, &args).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, lines: Vec::new() };
        for line in stderr.lines() {
            server.lines.push(line.unwrap());
            if server.lines.last().is_some_and(|line| line.contains("Listening for visitors")) {
                return server;
            }
        }
        panic!("the server ended before it was ready: {:?}", server.lines);
    }

    fn signal(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let status = self.child.wait().unwrap();
        status.code()
    }
}

/// A failed test must not leave a server behind.
impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of README's "Run it" that call the program, without their comments.
fn readme_lines() -> Vec<String> {
    let (_, run_it) = include_str!("../../README.md").split_once("\n## Run it\n").unwrap();
    let line = |line: &str| Some(line.strip_prefix("forecourt ")?.split('#').next()?.to_owned());
    run_it.lines().filter_map(line).collect()
}

#[test]
fn what_the_readme_says_under_run_it_runs_with_the_examples_as_they_lie_there() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(examples, dir.path().join("examples")).unwrap();
    let lines = readme_lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in &lines {
        let args: Vec<&str> = line.split_whitespace().collect();
        match args[0] {
            "serve" => assert_eq!(Demo::serve(dir.path(), &args).signal("-TERM"), Some(0)),
            "dealer" => assert!(good(dir.path(), &args).contains("with 1 documents")),
            _ => assert!(good(dir.path(), &args).contains("Harbour Cars is complete"), "{line}"),
        }
    }
}

#[test]
fn without_an_operator_serve_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let told = bad(dir.path(), &["serve"]);
    assert!(told.contains("`operator.name` is missing"), "{told}");
    assert!(!dir.path().join("forecourt-data").exists());
}

#[test]
fn bounds_that_were_narrowed_hold_for_the_dealers_that_are_there() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let config = "[operator]\nname = \"Host Ltd\"\ncontact = \"privacy@host.example\"\n\
                  [retention]\nmax = \"P30D\"\n";
    std::fs::write(dir.join("forecourt.toml"), config).unwrap();
    let told = bad(dir, &["serve", "--config", "forecourt.toml"]);
    assert!(told.contains("retention of Harbour Cars"), "{told}");
    assert!(told.contains("P30D") && told.contains("forecourt dealer set"), "{told}");
    let doctor = run(dir, &["doctor", "--config", "forecourt.toml"]);
    assert_eq!(doctor.status.code(), Some(1), "what refuses a start is no mere warning");
}

#[test]
fn a_data_directory_that_was_misspelt_is_named_and_not_made() {
    let dir = tempfile::tempdir().unwrap();
    for command in [
        &["retention", "sweep"][..],
        &["dealer", "list"],
        &["lead", "list", "--dealer", "x"],
        &["backup", "--to", "backup"],
    ] {
        let told = bad(dir.path(), &[&["--data", "dat"], command].concat());
        assert!(told.contains("there is no database in dat"), "{told}");
        assert!(!dir.path().join("dat").exists(), "{command:?}");
    }
}

#[test]
fn a_backup_is_not_made_over_another_and_nobody_is_sent_to_accept_damage_for_it() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    good(dir, &["backup", "--to", "backup"]);
    let told = bad(dir, &["backup", "--to", "backup"]);
    assert!(told.contains("it is there already") && !told.contains("--damaged"), "{told}");
    std::fs::create_dir(dir.join("other.partial")).unwrap();
    let told = bad(dir, &["backup", "--to", "other"]);
    assert!(told.contains("other.partial: a backup that was cut off has left it"), "{told}");
}

#[test]
fn wrong_use_of_the_command_line_is_another_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &["serve", "--lisen", "x"]).status.code(), Some(2));
}

#[test]
fn the_demo_says_where_it_is_and_stops_cleanly_at_either_signal() {
    let dir = tempfile::tempdir().unwrap();
    for signal in ["-INT", "-TERM"] {
        let demo = Demo::start(dir.path(), &["--data", "kept"]);
        assert_eq!(demo.lines[0], "");
        assert!(demo.lines[1].starts_with("Dealer's site: http://localhost:"), "{:?}", demo.lines);
        assert!(demo.lines[2].starts_with("Relay: http://127.0.0.1:"), "{:?}", demo.lines);
        assert!(demo.lines[3].starts_with("Chat alone: http://127.0.0.1:"), "{:?}", demo.lines);
        assert_eq!(demo.signal(signal), Some(0), "{signal}");
    }
    // The second start renewed the dealers of the first.
    let dealers = good(dir.path(), &["--data", "kept", "dealer", "list", "--json"]);
    assert_eq!(dealers.matches("Harbour Cars").count(), 1, "{dealers}");
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_a_command_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path(), &["--data", "kept"]);
    let free = "127.0.0.1:0";
    let second = ["demo", "--data", "kept", "--listen", free, "--admin-listen", free];
    let told = bad(dir.path(), &[&second[..], &["--site-listen", free]].concat());
    assert!(told.contains("another relay works on this data"), "{told}");
    good(dir.path(), &["--data", "kept", "dealer", "list"]);
    assert_eq!(demo.signal("-TERM"), Some(0));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (listen, site) in [(address.as_str(), free), (free, address.as_str())] {
        let args = ["demo", "--listen", listen, "--admin-listen", free, "--site-listen", site];
        let told = bad(dir.path(), &args);
        assert!(told.contains(&format!("can't listen on {address}")), "{told}");
        let flag = if listen == address { "--listen" } else { "--site-listen" };
        assert!(told.contains(flag), "{told}");
    }
}

/// A conversation with a lead, as a relay kept it at that time.
fn kept_at(dir: &Path, now: Timestamp, number: u8) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks = Tasks::new();
        let clock = Arc::new(ManualClock::at(now));
        let data = dir.join("forecourt-data");
        let options = StoreOptions::new(data, Role::Server, clock, Arc::new(OsRandom));
        let store = Store::open(options, &tasks).await.unwrap();
        let site = SiteKey::parse("site_harbour-cars").unwrap();
        let dealer = store.dealer_by_site(&site).unwrap();
        let token = SessionToken::from_bytes(&[number; 32]);
        let words = Words {
            token: token.clone(),
            conversation: None,
            site: site.clone(),
            locale: "en".into(),
            notice_version: "n1".into(),
            build: "b1".into(),
            client_msg_id: ClientMsgId::from_bytes(&[number; 16]),
            text: "Is it red?".into(),
            reply_id: ReplyId::from_bytes(&[number; 16]),
            policy: dealer.retention.clone(),
        };
        store.dealer(&dealer.id).append(words).await.unwrap();
        let email = Some(format!("visitor-{number}@example.org"));
        let fields = LeadFields { email: email.clone(), ..LeadFields::default() };
        let lead = NewLead {
            token,
            conversation: None,
            site,
            locale: "en".into(),
            notice_version: "n1".into(),
            build: "b1".into(),
            client_msg_id: ClientMsgId::from_bytes(&[number + 1; 16]),
            lead_id: LeadId::from_bytes(&[number; 16]),
            lead: CheckedLead { fields, email_normal: email, ..CheckedLead::default() },
            consents: Vec::new(),
            policy: dealer.retention.clone(),
            targets: dealer.deliver.iter().map(|target| target.name.clone()).collect(),
        };
        store.dealer(&dealer.id).take_lead(lead).await.unwrap();
        tasks.stop(Duration::from_secs(5)).await;
        store.close().await;
    });
}

#[test]
fn what_is_past_its_end_is_listed_left_by_a_dry_run_and_taken_by_a_sweep() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let now = SystemClock::default().now();
    kept_at(dir, now.minus(Duration::from_hours(24 * 400)), 10);
    kept_at(dir, now, 20);
    let sweep = |more: &[&str]| good(dir, &[&["retention", "sweep"], more].concat());
    for _ in 0..2 {
        let listed: serde_json::Value =
            serde_json::from_str(&sweep(&["--dry-run", "--json"])).unwrap();
        assert_eq!(listed.as_array().unwrap().len(), 1, "a dry run takes nothing: {listed}");
        assert_eq!((&listed[0]["messages"], &listed[0]["leads"]), (&1.into(), &1.into()));
    }
    assert!(sweep(&["--dry-run"]).contains("1 would be deleted. Nothing was."));
    let swept = sweep(&[]);
    assert!(swept.starts_with("Deleted 1 conversations with 1 messages, 1 leads"), "{swept}");
    assert_eq!(sweep(&["--dry-run"]), "Nothing is past its end.\n");
}

#[test]
fn the_leads_of_a_dealer_are_listed_for_people_and_for_scripts_and_no_expired_one() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let list = |more: &[&str]| good(dir, &[&["lead", "list", "--dealer"], more].concat());
    assert_eq!(list(&["Harbour Cars"]), "No leads.\n");
    let now = SystemClock::default().now();
    kept_at(dir, now.minus(Duration::from_hours(24 * 400)), 10);
    kept_at(dir, now, 20);
    let told = list(&["Harbour Cars"]);
    assert!(told.contains("visitor-20@example.org") && !told.contains("visitor-10"), "{told}");
    let leads: serde_json::Value =
        serde_json::from_str(&list(&["site_harbour-cars", "--json"])).unwrap();
    assert_eq!(leads.as_array().unwrap().len(), 1);
    assert_eq!(leads[0]["fields"]["email"], "visitor-20@example.org");
    assert!(bad(dir, &["lead", "list", "--dealer", "Nobody"]).contains("no dealer is called"));
}
