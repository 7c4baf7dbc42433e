//! What the visitor downloads, held against what `wasm-pack.toml` allows.

use std::fmt;

use super::{
    assets::{Asset, CHAT_FILES, FIXED_FILES, Staged},
    config::{Budget, Budgets},
};

/// Every file with its weight, in groups that have a budget each.
pub(super) struct Weights {
    groups: [Group; 3],
}

struct Group {
    name: &'static str,
    files: Vec<Asset>,
    budget: Budget,
}

impl Weights {
    /// The loader by itself; the visitor's menu by itself; page, style, script, WASM and the words of the heaviest language together,
    /// as a visitor downloads those of one language.
    pub(super) fn new(staged: &Staged, budgets: &Budgets) -> Self {
        let (fixed, words) = staged.files.split_at(FIXED_FILES);
        let (chat, rights) = fixed.split_at(CHAT_FILES);
        let (loader, chat) = chat.split_at(1);
        let words = words.iter().max_by_key(|file| file.brotli_bytes);
        let chat = std::iter::once(&staged.page).chain(chat).chain(words).cloned().collect();
        Self {
            groups: [
                Group { name: "loader", files: loader.to_vec(), budget: budgets.loader },
                Group { name: "chat", files: chat, budget: budgets.chat },
                Group { name: "menu", files: rights.to_vec(), budget: budgets.menu },
            ],
        }
    }

    /// Names each budget that is exceeded; empty where none is.
    pub(super) fn over(&self) -> String {
        let over: Vec<String> = self
            .groups
            .iter()
            .filter(|group| group.budget.brotli_bytes < group.brotli_bytes())
            .map(|group| {
                let over = group.brotli_bytes() - group.budget.brotli_bytes;
                format!("{} is over its budget by {over} B", group.name)
            })
            .collect();
        if over.is_empty() {
            return String::new();
        }
        format!("{} (wasm-pack.toml, [budget])", over.join("; "))
    }
}

impl Group {
    fn brotli_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.brotli_bytes).sum()
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ("file", "raw", "gzip", "brotli", "budget", "goal");
        let (file, raw, gzip, brotli, budget, goal) = headings;
        writeln!(f, "{file:<36} {raw:>8} {gzip:>8} {brotli:>8} {budget:>8} {goal:>8}")?;
        for group in &self.groups {
            for Asset { path, bytes, gzip_bytes, brotli_bytes, .. } in &group.files {
                writeln!(f, "  {path:<34} {bytes:>8} {gzip_bytes:>8} {brotli_bytes:>8}")?;
            }
            let raw: u64 = group.files.iter().map(|file| file.bytes).sum();
            let gzip: u64 = group.files.iter().map(|file| file.gzip_bytes).sum();
            let (brotli, Budget { brotli_bytes, goal_bytes }) =
                (group.brotli_bytes(), group.budget);
            let name = format!("{}, in all", group.name);
            write!(
                f,
                "{name:<36} {raw:>8} {gzip:>8} {brotli:>8} {brotli_bytes:>8} {goal_bytes:>8}"
            )?;
            writeln!(f, "{}", if brotli_bytes < brotli { "  OVER" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::{
        assets::{Parts, stage},
        config::Wire,
    };

    fn weights(loader_limit: u64, chat_limit: u64) -> Weights {
        let folder = std::env::temp_dir()
            .join(format!("xtask-budget-{}-{loader_limit}-{chat_limit}", std::process::id()));
        let parts = Parts {
            loader: "x".repeat(100),
            page: "x".repeat(10),
            css: "x".repeat(20),
            js: "x".repeat(30),
            rights_css: "x".repeat(4),
            rights_js: "x".repeat(5),
            wasm: vec![0; 30],
            words: vec![("de".into(), "x".repeat(10)), ("en".into(), "x".repeat(9))],
        };
        let staged = stage(parts, &folder, |files| {
            for file in files {
                std::fs::copy(file, format!("{}.br", file.display()))?;
                std::fs::copy(file, format!("{}.gz", file.display()))?;
            }
            Ok(())
        })
        .unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let budget = |brotli_bytes| Budget { brotli_bytes, goal_bytes: 1 };
        let wire = Wire { bytes: 1, requests: 1 };
        let (loader, chat, menu) = (budget(loader_limit), budget(chat_limit), budget(9));
        let budgets = Budgets { loader, chat, menu, wire };
        Weights::new(&staged, &budgets)
    }

    #[test]
    fn what_just_fits_passes_and_one_byte_more_is_named() {
        assert_eq!(weights(100, 100).over(), "");
        let error = weights(99, 100).over();
        assert!(error.starts_with("loader is over its budget by 1 B"), "{error}");
        let error = weights(99, 98).over();
        assert!(error.contains("chat is over its budget by 2 B"), "{error}");
    }

    #[test]
    fn the_table_shows_each_file_and_marks_what_is_over() {
        let table = weights(100, 99).to_string();
        assert!(table.contains("widget.js") && table.contains("page.html"), "{table}");
        assert_eq!(table.matches("OVER").count(), 1, "{table}");
        assert!(table.lines().last().unwrap().starts_with("menu, in all"), "{table}");
    }
}
