//! What a page of ours may hold: no inline script or style, which its own policy would refuse, and no
//! address of a third party, which would tell it of each visitor.

use super::{File, Finding, has_extension, line_of};

/// Names that look like addresses and are never fetched.
const NAMES: [&str; 2] = ["http://www.w3.org/", "https://schema.org"];
/// Hosts of nobody: reserved names, and this machine.
const NOBODY: [&str; 5] = ["localhost", "127.0.0.1", ".example", ".test", ".invalid"];

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("www/")) {
        if has_extension(&file.path, &["html", "svg"]) {
            findings.extend(inline(file));
        }
        if has_extension(&file.path, &["html", "svg", "css", "js", "mjs"]) {
            findings.extend(third_parties(file));
        }
    }
    findings
}

fn inline(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let text = file.text();
    for (at, tag) in tags(text) {
        let name = tag.split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default();
        let attributes = attributes(&tag[name.len()..]);
        let has = |wanted: &str| attributes.iter().any(|name| name == wanted);
        let line = line_of(text, at);
        if name == "style" {
            findings.push(file.finding(line, "<style>: put it into a style sheet"));
        }
        if name == "script" && !has("src") {
            findings.push(file.finding(line, "<script> without src: put it into a file"));
        }
        if has("style") {
            findings.push(file.finding(line, "style=\"…\": put it into a style sheet"));
        }
        if let Some(handler) = attributes.iter().find(|name| name.starts_with("on")) {
            findings.push(file.finding(line, format!("{handler}=\"…\": listen in a script")));
        }
    }
    findings
}

/// Each opening tag, in lower case and without its `<`; comments left out.
fn tags(text: &str) -> Vec<(usize, String)> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|start| at + start) {
        let rest = &text[start..];
        let length = if rest.starts_with("<!--") { rest.find("-->") } else { tag_end(rest) };
        let Some(length) = length else { break };
        let inside = &rest[1..length];
        if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            tags.push((start, inside.to_lowercase()));
        }
        at = start + length;
    }
    tags
}

/// Where the tag closes: `>` outside of quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The names of a tag's attributes; the values are left out.
fn attributes(tag: &str) -> Vec<String> {
    let mut names = String::new();
    let mut quote = None;
    for c in tag.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => {
                quote = None;
                names.push(' ');
            }
            (None, c) => names.push(c),
            _ => {}
        }
    }
    names
        .split_whitespace()
        .map(|name| name.split('=').next().unwrap_or_default().trim_matches('/').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn third_parties(file: &File) -> Vec<Finding> {
    let text = file.text();
    let mut findings = Vec::new();
    for scheme in ["http://", "https://", "ws://", "wss://"] {
        for (at, _) in text.match_indices(scheme) {
            let rest = &text[at..];
            let host: String = rest[scheme.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
                .collect();
            let is_nobody = NOBODY.iter().any(|name| host.ends_with(name));
            let is_name = NAMES.iter().any(|name| rest.starts_with(name));
            // A scheme by itself, a placeholder or a pattern is no address.
            if host.contains('.') && !is_nobody && !is_name {
                let what = format!("{scheme}{host}: a third party");
                findings.push(file.finding(line_of(text, at), what));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::found;

    fn in_page(html: &str) -> Vec<String> {
        found(check, &[("www/a.html", html)])
    }

    #[test]
    fn inline_scripts_and_styles_are_found() {
        for html in [
            "<p>\n<script>a()</script>",
            "<style>a{}</style>",
            "<p class=\"x\" style=\"color: red\">",
            "<P STYLE='a'>",
            "<button onclick=\"a()\">",
            "<body\n  onload = a>",
        ] {
            assert_eq!(in_page(html).len(), 1, "{html}");
        }
    }

    #[test]
    fn honest_pages_pass() {
        for html in [
            "<script async src=\"{{RELAY}}/widget.js\" data-site=\"x\"></script>",
            "<!-- <style> in a comment -->",
            "<p title=\"style=x onclick=y > z\">on time = money</p>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0\"/></svg>",
            "<a href=\"https://harbour.example/x\">",
            "<a href=\"http://localhost:8090/\">",
        ] {
            assert!(in_page(html).is_empty(), "{html}: {:?}", in_page(html));
        }
    }

    #[test]
    fn third_parties_are_found_wherever_they_stand() {
        assert_eq!(
            found(check, &[("www/a.css", "a{}\n@import \"https://fonts.example.com/x\";")]),
            ["www/a.css:2: https://fonts.example.com: a third party"]
        );
        assert_eq!(found(check, &[("www/a.js", "new WebSocket('wss://a.b.io')")]).len(), 1);
        assert!(found(check, &[("www/a.js", "url.startsWith('https://')")]).is_empty());
        assert!(found(check, &[("docs/a.md", "https://a.b.io")]).is_empty());
    }
}
