//! The program as an operator meets it: commands, their exit codes, what they print.

#![cfg(test)]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
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

#[test]
fn a_dealer_is_added_shown_changed_and_removed() {
    let dir = dealership();
    let dir = dir.path();
    let added = good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    assert!(added.contains(
        r#"<script async src="http://127.0.0.1:8080/widget.js" data-site="site_harbour-cars"></script>"#
    ));
    assert!(added.contains("http://127.0.0.1:8080/chat/site_harbour-cars"), "{added}");
    assert!(bad(dir, &["dealer", "add", "--file", "dealer.toml"]).contains("exists already"));

    let list: serde_json::Value =
        serde_json::from_str(&good(dir, &["dealer", "list", "--json"])).unwrap();
    assert_eq!(list[0]["name"], "Harbour Cars");
    assert!(good(dir, &["dealer", "show", "Harbour Cars"]).contains("kept for 12 months"));

    let shorter = HARBOUR.replace("uk-12m", "eu-90d");
    std::fs::write(dir.join("dealer.toml"), shorter).unwrap();
    let set = good(dir, &["dealer", "set", "site_harbour-cars", "--file", "dealer.toml"]);
    assert!(set.contains("Retention is P90D now, was P12M"), "{set}");
    assert!(good(dir, &["dealer", "show", "Harbour Cars"]).contains("kept for 90 days"));

    assert!(bad(dir, &["dealer", "remove", "Harbour Cars"]).contains("--yes"));
    good(dir, &["dealer", "remove", "Harbour Cars", "--yes"]);
    assert!(bad(dir, &["dealer", "show", "Harbour Cars"]).contains("no dealer is called"));
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
fn a_bad_dealer_or_document_is_told_and_leaves_no_trace() {
    let dir = dealership();
    let dir = dir.path();
    let wrong = HARBOUR.replace("\"GB\"", "\"UK\"").replace("\"#0b5c7a\"", "\"teal\"");
    std::fs::write(dir.join("wrong.toml"), wrong).unwrap();
    let told = bad(dir, &["dealer", "add", "--file", "wrong.toml"]);
    assert!(told.contains("wrong.toml:4:11: `country`"), "{told}");
    assert!(told.contains("wrong.toml:27:10: `theme.accent`"), "{told}");
    assert_eq!(told.matches("`country`").count(), 1, "{told}");

    std::fs::write(dir.join("documents/price.md"), b"%PDF-1.7\0").unwrap();
    let told = bad(dir, &["dealer", "add", "--file", "dealer.toml"]);
    assert!(told.contains("price.md"), "{told}");
    assert!(!dir.join("forecourt-data").exists(), "a bad file made a database");
    assert!(bad(dir, &["dealer", "add", "--file", "none.toml"]).contains("none.toml"));
}

#[test]
fn a_dealer_is_shown_with_the_notice_that_visitors_get_though_no_key_is_at_hand() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    let models = "[llm]\nprovider = \"openai\"\n[[llm.fallback]]\nprovider = \"mistral\"\n";
    std::fs::write(dir.join("forecourt.toml"), models).unwrap();
    let shown = good(dir, &["dealer", "show", "Harbour Cars"]);
    assert!(shown.contains("OpenAI, Mistral AI generates the answers"), "{shown}");
    assert!(shown.contains("tokens     0 today (UTC), no limit"), "{shown}");
}

#[test]
fn without_an_operator_serve_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let told = bad(dir.path(), &["serve"]);
    assert!(told.contains("`operator.name` is missing"), "{told}");
    assert!(!dir.path().join("forecourt-data").exists());
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
    }
}

#[test]
fn the_doctor_fails_where_nothing_could_be_served_and_says_why() {
    let dir = dealership();
    let told = run(dir.path(), &["doctor", "--json"]);
    assert_eq!(told.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let named = |finding: &serde_json::Value| {
        finding["level"] == "FAIL" && finding["message"].to_string().contains("operator.name")
    };
    assert!(findings.as_array().unwrap().iter().any(named), "{findings}");

    good(dir.path(), &["dealer", "add", "--file", "dealer.toml"]);
    let operator = "[operator]\nname = \"Hosting Ltd\"\ncontact = \"privacy@hosting.example\"\n";
    std::fs::write(dir.path().join("forecourt.toml"), operator).unwrap();
    assert!(good(dir.path(), &["doctor"]).contains("Harbour Cars is complete"));
}

#[test]
fn a_backup_is_made_beside_a_server_and_restored_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let demo = Demo::start(dir, &["--data", "kept"]);
    let told = good(dir, &["backup", "--data", "kept", "--to", "saved"]);
    assert!(told.contains("Backed up 0 conversations"), "{told}");
    #[cfg(unix)]
    for (name, mode) in
        [("saved", 0o700), ("saved/forecourt.db", 0o600), ("saved/backup.json", 0o600)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    let mut files: Vec<_> = std::fs::read_dir(dir.join("saved"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["backup.json", "forecourt.db"]);
    assert!(
        bad(dir, &["backup", "--data", "kept", "--to", "saved"]).contains("it is there already")
    );
    assert!(
        bad(dir, &["backup", "--data", "none", "--to", "more"]).contains("there is no database")
    );
    assert!(!dir.join("more").exists() && !dir.join("none").exists());

    let refused = bad(dir, &["restore", "--data", "kept", "--from", "saved"]);
    assert!(refused.contains("another relay works on this data"), "{refused}");
    assert_eq!(demo.signal("-TERM"), Some(0));
    let told = good(dir, &["restore", "--data", "kept", "--from", "saved"]);
    assert!(told.contains("What was there before lies in kept/replaced-"), "{told}");
    assert!(good(dir, &["dealer", "list", "--data", "kept"]).contains("Harbour Cars"));
    // Into a directory that is not there yet, too.
    good(dir, &["restore", "--data", "new", "--from", "saved", "--discard-replaced"]);
    assert!(good(dir, &["dealer", "list", "--data", "new"]).contains("Harbour Cars"));
}

#[test]
fn a_damaged_backup_is_refused_and_a_restore_that_was_cut_off_is_told() {
    let dir = dealership();
    let dir = dir.path();
    good(dir, &["dealer", "add", "--file", "dealer.toml"]);
    good(dir, &["backup", "--to", "saved"]);
    let path = dir.join("saved/forecourt.db");
    let whole = std::fs::read(&path).unwrap();
    let mut harmed = whole.clone();
    harmed[5_000] ^= 1;
    std::fs::write(&path, harmed).unwrap();
    let told = bad(dir, &["restore", "--from", "saved"]);
    assert!(told.contains("is not the one that was backed up"), "{told}");
    std::fs::write(&path, whole).unwrap();

    std::fs::write(dir.join("forecourt-data/forecourt.restoring"), "").unwrap();
    let told = bad(dir, &["dealer", "list"]);
    assert!(told.contains("a restore was cut off"), "{told}");
    good(dir, &["restore", "--from", "saved"]);
    assert!(good(dir, &["dealer", "list"]).contains("Harbour Cars"));
}
