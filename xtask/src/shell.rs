//! Running other programs: without our own cargo's variables, with errors that name the command.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, IsTerminal, Read},
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// Lines of a child that may wait to be shown; a child that is faster waits for the terminal.
const LINES_IN_FLIGHT: usize = 256;

/// What `cargo run` tells the program that it runs and no other program should hear.
const OF_CARGO_RUN: [&str; 5] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
];

/// A program, in a clean environment.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in env::vars_os() {
        let text = variable.to_string_lossy();
        if OF_CARGO_RUN.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&variable);
        }
    }
    command
}

/// Whether this is the pipeline.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Cargo, the one that runs us, in the workspace. In the pipeline it may change no `Cargo.lock`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    if is_ci() {
        command.arg("--locked");
    }
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// Runs the command on our own terminal; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs the command and returns what it printed; what it says on stderr belongs to the error.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", shown(command)))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", shown(command), output.status, words.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the command, shows each line at once and hands it to `on_line` without its colours.
pub(crate) fn stream(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting {}", shown(command)))?;
    let (sender, lines) = mpsc::sync_channel(LINES_IN_FLIGHT);
    let readers = [
        child.stdout.take().map(|pipe| reader(pipe, sender.clone())),
        child.stderr.take().map(|pipe| reader(pipe, sender)),
    ];
    for line in lines {
        println!("{line}");
        on_line(&without_colours(&line));
    }
    for reader in readers.into_iter().flatten() {
        drop(reader.join());
    }
    child.wait().with_context(|| format!("waiting for {}", shown(command)))
}

fn reader(
    pipe: impl Read + Send + 'static,
    lines: mpsc::SyncSender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut bytes) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
            bytes.clear();
            if lines.send(line).is_err() {
                return;
            }
        }
    })
}

/// Runs the command in our place: signals and the exit code are its own. Returns only on failure.
#[cfg(unix)]
pub(crate) fn become_program(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("starting {}", shown(&command)))
}

/// Runs the command and passes its exit code on.
#[cfg(not(unix))]
pub(crate) fn become_program(mut command: Command) -> Result<ExitCode> {
    let status = command.status().with_context(|| format!("starting {}", shown(&command)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, Into::into))
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, arg| line + " " + &arg.to_string_lossy())
}

/// Where a program is on the `PATH`, if it is there.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|p| p.is_file())
}

/// A line without the terminal's colour codes (`ESC [ … m`).
pub(crate) fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, code)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = code.find(|c: char| c.is_ascii_alphabetic()).map_or(code.len(), |at| at + 1);
        rest = &code[end..];
    }
    plain + rest
}

/// How long `work` takes. The one clock of these commands.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stopwatch for people, not a rule of the relay"
    )]
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off_a_line() {
        assert_eq!(
            without_colours("\u{1b}[32;1m     Summary\u{1b}[0m [ 1s]"),
            "     Summary [ 1s]"
        );
        assert_eq!(without_colours("plain"), "plain");
        assert_eq!(without_colours("cut \u{1b}["), "cut ");
    }

    #[test]
    fn a_command_is_shown_as_a_person_would_type_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["test", "--doc"]);
        assert_eq!(shown(&command), "cargo test --doc");
    }

    #[cfg(unix)]
    #[test]
    fn a_stream_hands_over_lines_of_both_pipes_and_the_exit_code() {
        let mut command = program("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let mut seen = Vec::new();
        let status = stream(&mut command, |line| seen.push(line.to_owned())).unwrap();
        seen.sort();
        assert_eq!(seen, ["one", "two"]);
        assert_eq!(status.code(), Some(3));
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_command_is_named_with_what_it_said() {
        let mut command = program("sh");
        command.args(["-c", "echo the reason >&2; exit 1"]);
        let error = capture(&mut command).unwrap_err().to_string();
        assert!(error.starts_with("sh -c") && error.ends_with("the reason"), "{error}");
    }
}
