//! The words of a reply as nodes of the page: text nodes and a handful of elements, never HTML.

use crate::{
    dom::El,
    markdown::{Block, Inline},
    strings::{self, Strings},
    view::frame::new_tab,
};

/// Draws the blocks from the first that changed on; returns whether any did.
pub(super) fn draw(bubble: &El, before: &[Block], after: &[Block], words: &Strings) -> bool {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    if same == before.len() && same == after.len() {
        return false;
    }
    bubble.truncate(u32::try_from(same).unwrap_or(0));
    for block in after.iter().skip(same) {
        bubble.add(&element(block, words));
    }
    true
}

fn element(block: &Block, words: &Strings) -> El {
    match block {
        Block::Paragraph(inlines) => fill(El::new("p"), inlines, words),
        Block::List { first, items } => {
            let list = El::new(if first.is_some() { "ol" } else { "ul" });
            if let Some(first) = first {
                list.set("start", &strings::number(u64::from(*first)));
            }
            for item in items {
                list.add(&fill(El::new("li"), item, words));
            }
            list
        }
        Block::Code(code) => El::new("pre").with(&El::words("code", "", code)),
    }
}

fn fill(parent: El, inlines: &[Inline], words: &Strings) -> El {
    for inline in inlines {
        match inline {
            Inline::Text(text) => parent.add_text(text),
            Inline::Strong(inner) => parent.add(&fill(El::new("strong"), inner, words)),
            Inline::Em(inner) => parent.add(&fill(El::new("em"), inner, words)),
            Inline::Code(code) => parent.add(&El::words("code", "", code)),
            Inline::Break => parent.add(&El::new("br")),
            Inline::Link { label, href, shows } => {
                parent.add(&link(label, href, words));
                if let Some(shows) = shows {
                    parent.add(&El::words("span", "host", &strings::join(&[" (", shows, ")"])));
                }
            }
        }
    }
    parent
}

/// A link that leads where it says. Telephone and mail open no tab.
pub(super) fn link(label: &str, href: &str, words: &Strings) -> El {
    let link = El::link(href, label);
    if href.starts_with("http") { link.with(&new_tab(words.new_tab)) } else { link }
}
