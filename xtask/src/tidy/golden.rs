//! Each message of the wire has a file in `protocol/golden`, which an old client must always be able
//! to read. That the files parse is a test of `protocol`.

use std::collections::BTreeSet;

use super::{File, Finding, rust::Rust};

/// The enums of messages: file, name, folder of the golden files.
const MESSAGES: [(&str, &str, &str); 2] = [
    ("protocol/src/client.rs", "ClientMessage", "protocol/golden/client/"),
    ("protocol/src/server.rs", "ServerMessage", "protocol/golden/server/"),
];

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, name, folder) in MESSAGES {
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        let Some(rust) = &file.rust else { continue };
        let kept: BTreeSet<String> = files
            .iter()
            .filter(|file| file.path.starts_with(folder))
            .filter_map(|file| message_type(file.text()))
            .collect();
        let variants = variants(rust, name);
        if variants.is_empty() {
            findings.push(file.finding(0, format!("enum {name} is not here any more")));
        }
        for variant in variants.iter().map(|variant| snake_case(variant)) {
            if !kept.contains(&variant) {
                findings.push(file.finding(0, format!("{variant} has no file in {folder}")));
            }
        }
    }
    findings
}

fn message_type(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    Some(value.get("type")?.as_str()?.to_owned())
}

/// The names of the variants: words at the beginning of an item, one brace deep.
fn variants(rust: &Rust, name: &str) -> Vec<String> {
    let declaration = format!("enum {name} {{");
    let Some((_, body)) = rust.code.split_once(&declaration) else { return Vec::new() };
    let mut variants = Vec::new();
    let mut depth = 0_i32;
    let mut item = String::new();
    for c in body.chars() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' if depth == 0 => break,
            '}' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => variants.push(std::mem::take(&mut item)),
            '#' => {}
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    variants.push(item);
    variants.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::found;

    const ENUM: &str = "//! x\npub enum ClientMessage {\n    /// A, b.\n    Say { a: u8, b: (u8, u8) },\n\
                        #[serde(default)]\n    LeadTaken(Box<Lead>),\n    Ping,\n}\n";

    #[test]
    fn a_message_without_a_golden_file_is_named() {
        let tree = [
            ("protocol/src/client.rs", ENUM),
            ("protocol/golden/client/say.json", r#"{"type": "say"}"#),
            ("protocol/golden/client/say_again.json", r#"{"type": "say"}"#),
            ("protocol/golden/server/ping.json", r#"{"type": "ping"}"#),
        ];
        assert_eq!(
            found(check, &tree),
            [
                "protocol/src/client.rs:0: lead_taken has no file in protocol/golden/client/",
                "protocol/src/client.rs:0: ping has no file in protocol/golden/client/",
            ]
        );
    }

    #[test]
    fn an_enum_that_moved_away_is_noticed() {
        let lines = found(check, &[("protocol/src/server.rs", "//! x\n")]);
        assert_eq!(lines, ["protocol/src/server.rs:0: enum ServerMessage is not here any more"]);
    }
}
