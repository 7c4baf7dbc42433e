//! The words of a reply as nodes of the page: text nodes and a handful of elements, never HTML.

use crate::{
    dom::El,
    markdown::{Block, Inline},
    options::Options,
    strings,
    view::frame::new_tab,
};

/// Draws the blocks from the first that changed on; returns whether any did.
pub(super) fn draw(bubble: &El, before: &[Block], after: &[Block], options: &Options) -> bool {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    if same == before.len() && same == after.len() {
        return false;
    }
    bubble.truncate(u32::try_from(same).unwrap_or(0));
    for block in after.iter().skip(same) {
        bubble.add(&element(block, options));
    }
    true
}

fn element(block: &Block, options: &Options) -> El {
    match block {
        Block::Paragraph(inlines) => fill(El::new("p"), inlines, options),
        Block::List { first, items } => {
            let list = El::new(if first.is_some() { "ol" } else { "ul" });
            if let Some(first) = first {
                list.set("start", &strings::number(u64::from(*first)));
            }
            for item in items {
                list.add(&fill(El::new("li"), item, options));
            }
            list
        }
        Block::Code(code) => El::new("pre").with(&El::words("code", "", code)),
    }
}

fn fill(parent: El, inlines: &[Inline], options: &Options) -> El {
    for inline in inlines {
        match inline {
            Inline::Text(text) => parent.add_text(text),
            Inline::Strong(inner) => parent.add(&fill(El::new("strong"), inner, options)),
            Inline::Em(inner) => parent.add(&fill(El::new("em"), inner, options)),
            Inline::Code(code) => parent.add(&El::words("code", "", code)),
            Inline::Break => parent.add(&El::new("br")),
            Inline::Link { label, href, shows } => {
                parent.add(&link(label, href, options));
                if let Some(shows) = shows {
                    parent.add(&El::words("span", "host", &strings::join(&[" (", shows, ")"])));
                }
            }
        }
    }
    parent
}

/// A link that leads where it says. Telephone and mail open no tab; the dealer's own pages open around the
/// chat, which goes on there.
pub(super) fn link(label: &str, href: &str, options: &Options) -> El {
    if options.is_home(href) {
        return El::link(href, label, "_top");
    }
    let link = El::link(href, label, "_blank");
    if href.starts_with("http") { link.with(&new_tab(options.strings.new_tab)) } else { link }
}
