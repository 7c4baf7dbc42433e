//! What every text of the tree keeps to: line ends, no folder of somebody's machine, links that lead
//! somewhere, a short ARCHITECTURE.md, lock files that name no registry.

use std::collections::BTreeSet;

use super::{File, Finding, has_extension, line_of};

/// How long ARCHITECTURE.md may be.
const ARCHITECTURE_LINES: usize = 150;
/// Folders that exist on somebody's machine only. In parts, because this file is read, too.
const MACHINE_FOLDERS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/tmp/", "wt"),
];

/// Folders at the top of the tree, by which a path is known.
const FOLDERS: [&str; 8] =
    ["protocol", "widget", "relay", "www", "tests", "xtask", "docs", "examples"];

/// What the widget's build makes.
const MADE: &str = "www/dist";

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let paths: BTreeSet<&str> = files.iter().flat_map(|file| with_folders(&file.path)).collect();
    let mut findings = Vec::new();
    for file in files {
        if let Some(at) = file.text().find('\r') {
            findings.push(file.finding(line_of(file.text(), at), "lines end with LF alone"));
        }
        findings.extend(machine_folders(file));
        if has_extension(&file.path, &["md"]) && !file.path.starts_with("www/") {
            findings.extend(links(file, files, &paths));
            findings.extend(named_paths(file, &paths));
        }
        if file.path == "ARCHITECTURE.md" && ARCHITECTURE_LINES < file.text().lines().count() {
            findings.push(file.finding(0, format!("the limit is {ARCHITECTURE_LINES} lines")));
        }
        if file.path.ends_with("package-lock.json")
            && let Some(at) = file.text().find("\"resolved\"")
        {
            let what = "npm config: omit-lockfile-registry-resolved=true";
            findings.push(file.finding(line_of(file.text(), at), what));
        }
    }
    findings
}

fn with_folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])
}

fn machine_folders(file: &File) -> Vec<Finding> {
    let text = file.text();
    let mut findings = Vec::new();
    for folder in MACHINE_FOLDERS {
        for (at, _) in text.match_indices(folder) {
            // `docs/home/x` and `https://host/home/` are no folders of a machine.
            let is_absolute =
                !text[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~}*".contains(c));
            if is_absolute {
                let what = format!("{folder}…: a folder of somebody's machine");
                findings.push(file.finding(line_of(text, at), what));
            }
        }
    }
    findings
}

fn links(file: &File, files: &[File], paths: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prose = without_code(file.text());
    for (at, _) in prose.match_indices("](") {
        let target = prose[at + 2..].split([')', ' ', '\n']).next().unwrap_or_default();
        if target.contains(':') || target.is_empty() {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let resolved = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
        let line = line_of(&prose, at);
        if !resolved.is_empty() && !paths.contains(resolved.as_str()) {
            findings.push(file.finding(line, format!("{target}: there is no {resolved}")));
        } else if let Some(there) = files.iter().find(|other| other.path == resolved)
            && !anchor.is_empty()
            && has_extension(&there.path, &["md"])
            && !headings(there.text()).contains(anchor)
        {
            findings.push(file.finding(line, format!("{target}: there is no such heading")));
        }
    }
    findings
}

/// The paths that stand in code spans, such as `relay/src/limits.rs`: whoever looks there must find
/// something. What a build makes is not there yet, and a pattern names many.
fn named_paths(file: &File, paths: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_block = false;
    for (number, line) in file.text().lines().enumerate() {
        in_block ^= line.trim_start().starts_with("```");
        for span in line.split('`').skip(1).step_by(2).filter(|_| !in_block) {
            let path = span.trim_end_matches('/');
            let is_path = FOLDERS
                .iter()
                .any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
            let is_one = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if is_path && is_one && !path.starts_with(MADE) && !paths.contains(path) {
                findings.push(file.finding(number + 1, format!("there is no {path}")));
            }
        }
    }
    findings
}

/// The same number of bytes, with code blocks and code spans blanked out.
fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_block = false;
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start().starts_with("```");
        let mut in_span = false;
        for c in line.chars() {
            in_span ^= c == '`';
            if (in_block || is_fence || in_span) && c != '\n' {
                out.extend(std::iter::repeat_n('_', c.len_utf8()));
            } else {
                out.push(c);
            }
        }
        in_block ^= is_fence;
    }
    out
}

fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors that headings get: lower case, spaces to hyphens, no other signs.
fn headings(text: &str) -> BTreeSet<String> {
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::found;

    #[test]
    fn links_lead_to_files_and_headings() {
        let docs = "[a](../README.md#the-two-commands) [b](gone.md)\n[c](#here) [d](https://x.example)\n\
                    [e](../relay/src) [f](wire.md#gone) `[g](code.md)` [i](after.md)\n```\n[h](block.md)\n```\n# Here\n";
        let tree = [
            ("README.md", "## The two `commands`\n[ARCH](docs/) [self](/docs/wire.md)"),
            ("docs/wire.md", docs),
            ("relay/src/lib.rs", "//! x"),
        ];
        assert_eq!(
            found(check, &tree),
            [
                "docs/wire.md:1: gone.md: there is no docs/gone.md",
                "docs/wire.md:3: wire.md#gone: there is no such heading",
                "docs/wire.md:3: after.md: there is no docs/after.md",
            ]
        );
    }

    #[test]
    fn a_path_in_a_code_span_is_there() {
        let map = "`relay/src/lib.rs` `relay/` `relay/src/gone.rs`\n`/v1/chat` `relay/src/{a,b}.rs`\n\
                   ```\n`docs/gone.md`\n```\n`www/dist/widget.js` `docs/gone.md`";
        let tree = [("README.md", map), ("relay/src/lib.rs", "//! x")];
        assert_eq!(
            found(check, &tree),
            ["README.md:1: there is no relay/src/gone.rs", "README.md:6: there is no docs/gone.md",]
        );
    }

    #[test]
    fn no_folder_of_a_machine_is_named() {
        let folder = MACHINE_FOLDERS[0];
        assert_eq!(found(check, &[("a.toml", &format!("a = \"{folder}me/x\""))]).len(), 1);
        assert!(found(check, &[("a.toml", &format!("a = \"x.example{folder}\""))]).is_empty());
    }

    #[test]
    fn lines_end_with_line_feeds() {
        assert_eq!(found(check, &[("a.txt", "a\nb\r\n")]), ["a.txt:2: lines end with LF alone"]);
    }

    #[test]
    fn the_architecture_is_told_in_150_lines() {
        assert!(found(check, &[("ARCHITECTURE.md", &"x\n".repeat(150))]).is_empty());
        assert_eq!(found(check, &[("ARCHITECTURE.md", &"x\n".repeat(151))]).len(), 1);
    }

    #[test]
    fn a_lock_file_names_no_registry() {
        let lock = "{\n\"resolved\": \"x\"}";
        assert_eq!(found(check, &[("tests/browser/package-lock.json", lock)]).len(), 1);
    }
}
