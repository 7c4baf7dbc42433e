//! Who may import whom, held against `layers_table.rs`. Paths are read as they are written:
//! `crate::…` and `super::…`; test modules are exempt. Between packages, manifests are read.

use super::{File, Finding, is_test, layers_table as table, line_of, rust::Rust, words_in};

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let in_rust = |file| Some(check_file(file, File::rust(file)?));
    files.iter().flat_map(|file| in_rust(file).unwrap_or_else(|| packages(file))).collect()
}

fn check_file(file: &File, rust: &Rust) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_test(&file.path) {
        return findings;
    }
    if let Some(inside) = file.path.strip_prefix("relay/src/") {
        let place = inside.trim_end_matches(".rs");
        findings.extend(floors(file, rust, place));
        if is_below(place, table::PURE) {
            findings.extend(names(
                file,
                rust,
                table::ACTING,
                "a pure part decides and does not act",
            ));
        }
    }
    if let Some(inside) = file.path.strip_prefix("widget/src/") {
        let place = inside.trim_end_matches(".rs");
        if !is_below(place, table::WIDGET_SHELL) {
            let why = "the browser is the shell's";
            findings.extend(names(file, rust, table::BROWSER, why));
            for (module, line) in used_modules(rust, place) {
                if table::WIDGET_SHELL.contains(&module.as_str()) {
                    findings.push(
                        file.finding(
                            line,
                            format!("{module} is the shell; the core may not use it"),
                        ),
                    );
                }
            }
        }
    }
    findings
}

/// Whether a module, as a path such as `session/open`, is one of `places` or within one.
fn is_below(module: &str, places: &[&str]) -> bool {
    let within = |place: &&str| {
        module.strip_prefix(*place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    places.iter().any(within)
}

/// Findings for each name that stands in code outside tests.
fn names(file: &File, rust: &Rust, names: &[&str], why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in names {
        for at in words_in(&rust.code, name) {
            let line = line_of(&rust.code, at);
            if !rust.is_test(line) {
                findings.push(file.finding(line, format!("{name} has no place here: {why}")));
            }
        }
    }
    findings
}

/// Cargo holds the arrows between packages; what is allowed is held here.
fn packages(file: &File) -> Vec<Finding> {
    let Some(package) = file.path.strip_suffix("/Cargo.toml") else { return Vec::new() };
    let Some((_, may_use)) = table::PACKAGES.iter().find(|(name, _)| *name == package) else {
        return vec![file.finding(0, "a new package: add it to xtask/src/tidy/layers_table.rs")];
    };
    let Ok(manifest) = file.text().parse::<toml::Table>() else {
        return vec![file.finding(0, "this is not TOML")];
    };
    let mut findings = Vec::new();
    for (name, _) in table::PACKAGES.iter().filter(|(name, _)| !may_use.contains(name)) {
        if manifest.iter().any(|(section, value)| depends(section, value, name)) {
            findings.push(file.finding(0, format!("{package} may not use {name}")));
        }
    }
    findings
}

/// Whether a section of a manifest, or one within it, names the package as a dependency.
fn depends(section: &str, value: &toml::Value, package: &str) -> bool {
    let Some(inside) = value.as_table() else { return false };
    if section.ends_with("dependencies") {
        return inside.contains_key(package);
    }
    inside.iter().any(|(section, value)| depends(section, value, package))
}

fn floors(file: &File, rust: &Rust, place: &str) -> Vec<Finding> {
    let module = place.split('/').next().unwrap_or_default();
    if table::ROOF.contains(&module) || place.starts_with("bin/") {
        return Vec::new();
    }
    let Some(may_use) = allowed(module) else {
        let what = format!("{module} has no floor yet: add it to xtask/src/tidy/layers_table.rs");
        return vec![file.finding(0, what)];
    };
    used_modules(rust, place)
        .into_iter()
        .filter(|(used, _)| {
            has_a_floor(used) && used != module && !may_use.contains(&used.as_str())
        })
        .map(|(used, line)| file.finding(line, format!("{module} may not use {used}")))
        .collect()
}

/// Whether the table knows the name, or `lib` hands it on: a way around the floors.
fn has_a_floor(name: &str) -> bool {
    let is_handed_on = name.starts_with(|c: char| c.is_uppercase());
    is_handed_on || table::ROOF.contains(&name) || allowed(name).is_some()
}

/// All modules that a module may use.
fn allowed(module: &str) -> Option<Vec<&'static str>> {
    let mut below = table::GROUND.to_vec();
    if table::GROUND.contains(&module) {
        return Some(below);
    }
    for floor in table::FLOORS {
        if let Some(room) = floor.iter().find(|room| room.name == module) {
            below.retain(|name| !room.not.contains(name));
            below.extend(room.neighbours);
            return Some(below);
        }
        below.extend(floor.iter().map(|room| room.name));
    }
    None
}

/// The first names of all paths into our own crate, each with its line; those of tests left out.
fn used_modules(rust: &Rust, place: &str) -> Vec<(String, usize)> {
    let mut used = Vec::new();
    for at in words_in(&rust.code, "crate::") {
        let line = line_of(&rust.code, at);
        used.extend(first_names(&rust.code[at + "crate::".len()..]).into_iter().map(|n| (n, line)));
    }
    // `super::super::x` counts up from the module that the file is.
    let depth = place.split('/').count();
    for at in words_in(&rust.code, "super::") {
        if rust.code[..at].ends_with("super::") {
            continue;
        }
        let path = &rust.code[at..];
        let ups = path.split("::").take_while(|part| *part == "super").count();
        if ups == depth {
            let line = line_of(&rust.code, at);
            let path = &path[ups * "super::".len()..];
            used.extend(first_names(path).into_iter().map(|name| (name, line)));
        }
    }
    used.retain(|(_, line)| !rust.is_test(*line));
    used
}

/// `a::b` gives `a`; `{a::{b, c}, d}` gives `a` and `d`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut names = Vec::new();
    let mut depth = 0_i32;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::found;

    fn in_file(path: &str, code: &str) -> Vec<String> {
        found(check, &[(path, code)])
    }

    #[test]
    fn a_floor_uses_what_is_below_and_nothing_above() {
        let code =
            "use crate::{clock::Clock, domain::{lead, x}, limits};\nuse crate::http::Door;\n";
        assert_eq!(
            in_file("relay/src/store/writer.rs", code),
            ["relay/src/store/writer.rs:2: store may not use http"]
        );
        assert!(
            in_file("relay/src/session/driver.rs", "use crate::{store::A, llm::B};").is_empty()
        );
    }

    #[test]
    fn each_arrow_that_the_design_forbids_is_found() {
        for (path, code) in [
            ("relay/src/llm/openai.rs", "use crate::store::Store;"),
            ("relay/src/store.rs", "fn f() { crate::session::x() }"),
            ("relay/src/store/rows.rs", "use crate::{llm, limits};"),
            ("relay/src/store/rows.rs", "use crate::knowledge::Index;"),
            ("relay/src/store/rows.rs", "use crate::retention::sweep;"),
            ("relay/src/domain/lead.rs", "use crate::store::Row;"),
            ("relay/src/clock.rs", "use crate::domain::lead;"),
            ("relay/src/outbox/worker.rs", "use crate::session::registry;"),
            ("relay/src/session/driver.rs", "use crate::http::socket;"),
            ("relay/src/http/chat.rs", "use crate::cli::Args;"),
            ("relay/src/session/open.rs", "use super::super::http::x;"),
            ("relay/src/store.rs", "use super::http::x;"),
            ("relay/src/store.rs", "use crate::Relay;"),
            ("relay/src/llm/chain.rs", "use crate::config::Config;"),
        ] {
            assert_eq!(in_file(path, code).len(), 1, "{path}: {code}");
        }
    }

    #[test]
    fn knowledge_may_use_the_store_and_lib_may_use_all() {
        assert!(in_file("relay/src/knowledge/index.rs", "use crate::store::Store;").is_empty());
        assert!(in_file("relay/src/lib.rs", "use crate::http::x;").is_empty());
        assert!(
            in_file("relay/src/store/a.rs", "use super::http_rows;\ncrate::a_macro!();").is_empty()
        );
    }

    #[test]
    fn a_module_without_a_floor_is_named() {
        assert_eq!(
            in_file("relay/src/attic.rs", "//! x"),
            [
                "relay/src/attic.rs:0: attic has no floor yet: add it to xtask/src/tidy/layers_table.rs"
            ]
        );
    }

    #[test]
    fn a_pure_part_names_nothing_that_acts() {
        for (path, code) in [
            ("relay/src/domain/hours.rs", "use tokio::time;"),
            ("relay/src/session/turn.rs", "fn f() -> axum::Json {}"),
            ("relay/src/llm/sse.rs", "use reqwest::Response;"),
            ("relay/src/domain.rs", "use sqlx::Row;"),
        ] {
            assert_eq!(in_file(path, code).len(), 1, "{path}");
        }
        assert!(in_file("relay/src/session/driver.rs", "use tokio::select;").is_empty());
        let tested = "#[cfg(test)]\nmod tests {\n  use tokio::x;\n  use crate::store::Y;\n}\n";
        assert!(in_file("relay/src/domain/hours.rs", tested).is_empty());
        assert!(in_file("relay/src/domain/hours_tests.rs", "use tokio::x;").is_empty());
    }

    #[test]
    fn the_widget_keeps_the_browser_in_its_shell() {
        assert_eq!(in_file("widget/src/update.rs", "use web_sys::Element;").len(), 1);
        assert_eq!(in_file("widget/src/update/say.rs", "use crate::dom::Node;").len(), 1);
        assert!(in_file("widget/src/view/composer.rs", "use web_sys::Element;").is_empty());
        assert!(in_file("widget/src/viewport.rs", "use js_sys::Date;").len() == 1);
    }

    #[test]
    fn packages_keep_to_their_own() {
        for (path, manifest, n_findings) in [
            ("protocol/Cargo.toml", "[dependencies]\nrelay.workspace = true", 1),
            ("widget/Cargo.toml", "[dependencies]\nprotocol.workspace = true", 0),
            ("relay/Cargo.toml", "[target.'cfg(unix)'.dev-dependencies]\nwidget = {}", 1),
            ("tests/Cargo.toml", "[dependencies]\nrelay = {}\nprotocol = {}", 0),
            ("xtask/Cargo.toml", "[dependencies]\nprotocol = {}", 1),
            ("attic/Cargo.toml", "", 1),
        ] {
            assert_eq!(in_file(path, manifest).len(), n_findings, "{path}");
        }
    }
}
