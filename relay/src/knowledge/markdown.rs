//! The sections of a Markdown text, its title and its front matter. Pure; renders nothing.

use crate::limits::SOURCE_URL_BYTES;

/// A section: what stands between two headings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The titles above it, `›` between them.
    pub above: String,
    /// Its own heading; empty before the first one.
    pub heading: String,
    /// Its words.
    pub text: String,
}

/// What a document says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// Its title, from the front matter or the first `# title`.
    pub title: Option<String>,
    /// The page on the dealer's site that says the same.
    pub url: Option<String>,
    /// The text without front matter and without a `url:` line.
    pub body: String,
}

/// Reads what a document says about itself.
pub fn front(text: &str) -> Front {
    let text = text.trim_start_matches('\u{feff}');
    let mut front = Front::default();
    let mut body = text;
    if let Some((matter, rest)) = matter(text) {
        for line in matter.lines() {
            front.take(line);
        }
        body = rest;
    }
    // A `url:` line may also stand at the top of the text, before its first paragraph ends.
    let mut kept = Vec::new();
    let mut is_top = true;
    for line in body.lines() {
        if is_top && is_key(line, "url") && front.take(line) {
            continue;
        }
        let heading = heading(line);
        if let Some((1, title)) = heading
            && front.title.is_none()
        {
            front.title = Some(title.to_owned());
        }
        is_top &= line.trim().is_empty() || heading.is_some();
        kept.push(line);
    }
    kept.join("\n").trim().clone_into(&mut front.body);
    front
}

impl Front {
    /// Takes in a line `key: value`; says whether it was one of ours.
    fn take(&mut self, line: &str) -> bool {
        let Some((_, value)) = line.split_once(':') else { return false };
        let value = value.trim().trim_matches(['"', '\'']).trim();
        if value.is_empty() {
            return false;
        }
        if is_key(line, "title") {
            self.title = Some(value.to_owned());
        } else if is_key(line, "url") {
            let is_web = value.starts_with("https://") || value.starts_with("http://");
            let is_page = is_web || value.starts_with('/');
            if !is_page || SOURCE_URL_BYTES < value.len() {
                return false;
            }
            self.url = Some(value.to_owned());
        } else {
            return false;
        }
        true
    }
}

fn is_key(line: &str, key: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(key))
}

/// The front matter between two lines `---`, and what follows it.
fn matter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---")?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
    let end = rest.find("\n---")?;
    let after = &rest[end + 4..];
    let after = after.split_once('\n').map_or("", |(_, after)| after);
    Some((&rest[..end], after))
}

/// The depth and the words of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let depth = line.bytes().take_while(|byte| *byte == b'#').count();
    let words = line.get(depth..)?;
    let is_heading = (1..=6).contains(&depth) && words.starts_with([' ', '\t']);
    let words = words.trim().trim_end_matches('#').trim_end();
    (is_heading && !words.is_empty()).then_some((depth, words))
}

/// The sections of a text below its title. Headings inside a fenced block are no headings.
pub fn sections(title: &str, text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    // The headings that are open, with their depths.
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut is_fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        let Some((depth, words)) = heading(line).filter(|_| !is_fenced) else {
            lines.push(line);
            continue;
        };
        sections.extend(section(title, &path, &mut lines));
        path.retain(|(open, _)| *open < depth);
        path.push((depth, words));
    }
    sections.extend(section(title, &path, &mut lines));
    sections
}

/// The section of these lines, if they hold words. A first heading that repeats the document's
/// title stands once.
fn section(title: &str, path: &[(usize, &str)], lines: &mut Vec<&str>) -> Option<Section> {
    let text = lines.join("\n").trim().to_owned();
    lines.clear();
    if text.is_empty() {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    if !title.is_empty() {
        names.push(title);
    }
    let repeats = |(place, name): (usize, &str)| place == 0 && name.eq_ignore_ascii_case(title);
    let headings = path.iter().map(|(_, name)| *name).enumerate();
    names.extend(headings.filter(|heading| !repeats(*heading)).map(|(_, name)| name));
    let heading = if 1 < names.len() { names.pop().unwrap_or_default() } else { "" };
    Some(Section { above: names.join(" › "), heading: heading.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_says_its_title_and_page() {
        let wanted = |front: &Front| (front.title.clone(), front.url.clone(), front.body.clone());
        let expected = (Some("Warranty".to_owned()), Some("https://d.example/w".to_owned()));
        for text in [
            "---\ntitle: \"Warranty\"\nurl: https://d.example/w\nother: x\n---\nWords.",
            "---\r\nTitle: Warranty\r\nURL: https://d.example/w\r\n---\r\nWords.",
        ] {
            assert_eq!(
                wanted(&front(text)),
                (expected.0.clone(), expected.1.clone(), "Words.".into())
            );
        }
        let top = front("# Warranty\nurl: https://d.example/w\n\nWords.\n\nurl: https://x.example");
        assert_eq!((top.title, top.url), expected);
        assert_eq!(top.body, "# Warranty\n\nWords.\n\nurl: https://x.example");
    }

    #[test]
    fn a_page_that_is_no_web_page_is_left_alone() {
        assert_eq!(front("url: javascript:alert(1)\n\nx").url, None);
    }

    #[test]
    fn sections_know_their_path() {
        let text = "# Warranty\nIntro.\n## What is covered\nEngine.\n### Wear\nBrakes.\n## Claims\n\n# Other\nMore.\n```\n# no heading\n```";
        let found: Vec<(String, String, String)> = sections("Warranty", text)
            .into_iter()
            .map(|section| (section.above, section.heading, section.text))
            .collect();
        let owned = |a: &str, h: &str, t: &str| (a.to_owned(), h.to_owned(), t.to_owned());
        assert_eq!(
            found,
            [
                owned("Warranty", "", "Intro."),
                owned("Warranty", "What is covered", "Engine."),
                owned("Warranty › What is covered", "Wear", "Brakes."),
                owned("Warranty", "Other", "More.\n```\n# no heading\n```"),
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-#:`\r\n a-zä\u{feff}]{0,80}") {
            let front = front(&text);
            prop_assert!(sections("T", &front.body).len() <= text.lines().count() + 1);
        }
    }
}
