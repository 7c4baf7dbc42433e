//! What a page of SQLite holds beside its cells: nothing, once this has been at it.
//!
//! `secure_delete` overwrites a cell that is deleted. But when pages are split and joined, cells are
//! copied, and what stood there stays behind in the gap between them: a whole row, as it was sealed,
//! or a wrapped key. Deleted means deleted (G-01, G-21), so that is overwritten too.
//!
//! The form of a page is documented (<https://sqlite.org/fileformat2.html#b_tree_pages>). Pages are read
//! and changed through SQLite alone: whoever opens the file beside it and closes it again gives up its
//! locks.

use std::ops::Range;

use tokio_util::sync::CancellationToken;

use super::{
    Store, StoreError,
    db::{Conn, args},
    sql,
};
use crate::limits::SLACK_LOOK;

/// The size of a page: SQLite's own choice, which nothing here changes.
const PAGE: usize = 4_096;

/// The page that SQLite uses for locks and nothing else.
const LOCK_PAGE: u32 = 0x4000_0000 / 4_096 + 1;

/// How far apart the maps lie that say which page belongs to whom.
const MAP_EVERY: u32 = 4_096 / 5 + 1;

/// From this page on the number of the next page of a long row, with which its pages begin, could be
/// taken for the kind of a b-tree's page: 64 GiB.
const TOO_MANY: u32 = 1 << 24;

/// Which database a page belongs to.
#[derive(Clone, Copy, Debug)]
enum Which {
    Data,
    Keys,
}

impl Store {
    /// Overwrites what pages still hold of rows that are gone; answers how many pages. Looked for by the
    /// readers, changed in small jobs of the writer, so that nobody waits for long.
    pub(crate) async fn clear_slack(
        &self,
        stopping: &CancellationToken,
    ) -> Result<u64, StoreError> {
        let mut cleared = 0;
        if self.inner.is_untidy {
            return Ok(cleared);
        }
        for which in [Which::Data, Which::Keys] {
            let readers = match which {
                Which::Data => &self.inner.readers,
                Which::Keys => self.inner.keys.readers(),
            };
            let mut first = 1;
            while !stopping.is_cancelled() {
                let args = args![i64::from(first), i64::from(first + SLACK_LOOK - 1)];
                let pages: Vec<(i64, Vec<u8>)> = readers.all(sql::PAGES, args).await?;
                if pages.is_empty() {
                    break;
                }
                let numbered =
                    pages.iter().filter_map(|(n, page)| Some((u32::try_from(*n).ok()?, page)));
                let dirty = numbered.filter(|(number, page)| is_dirty(page, *number));
                let dirty: Vec<u32> = dirty.map(|(number, _)| number).collect();
                if !dirty.is_empty() {
                    let job = self.inner.writer.write_apart(move |conn| {
                        Box::pin(async move { clear_pages(conn, which, &dirty).await })
                    });
                    cleared += job.await?;
                }
                first += SLACK_LOOK;
                if TOO_MANY <= first {
                    tracing::warn!(
                        "The database is larger than 64 GiB: what deleted rows left beyond is not overwritten"
                    );
                    break;
                }
            }
        }
        Ok(cleared)
    }
}

async fn clear_pages(conn: &mut Conn, which: Which, pages: &[u32]) -> Result<u64, StoreError> {
    // Nobody changes a page between the look and the change.
    conn.keys.begin().await?;
    let mut cleared = 0;
    for number in pages {
        let at = i64::from(*number);
        let found: Option<(Vec<u8>,)> = match which {
            Which::Data => conn.optional(sql::PAGE, args![at]).await?,
            Which::Keys => conn.keys.optional(sql::PAGE, args![at]).await?,
        };
        // It may have gone since it was read.
        let Some((mut page,)) = found else { continue };
        if clear(&mut page, *number) {
            let page = Page(page);
            let args = args![at, &page];
            match which {
                Which::Data => conn.execute(sql::PUT_PAGE, args).await?,
                Which::Keys => conn.keys.execute(sql::PUT_PAGE, args).await?,
            };
            cleared += 1;
        }
    }
    Ok(cleared)
}

/// A whole page, as SQLite has it.
pub(super) struct Page(Vec<u8>);

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({} bytes)", self.0.len())
    }
}

impl Page {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn is_dirty(page: &[u8], number: u32) -> bool {
    let slack = slack(page, number).unwrap_or_default();
    slack.into_iter().any(|range| page[range].iter().any(|byte| *byte != 0))
}

/// Overwrites what a page holds beside its cells; answers whether there was anything.
fn clear(page: &mut [u8], number: u32) -> bool {
    let is_dirty = is_dirty(page, number);
    for range in slack(page, number).unwrap_or_default() {
        page[range].fill(0);
    }
    is_dirty
}

/// Where a page of a b-tree holds nothing: between the pointers to its cells and the first of them,
/// and in the blocks that were freed. `None` where it is no such page, or is damaged.
fn slack(page: &[u8], number: u32) -> Option<Vec<Range<usize>>> {
    let is_map = 2 <= number && (number - 2).is_multiple_of(MAP_EVERY);
    // Where a map would fall on the page for locks, it is the next one.
    let is_map = is_map || (number == LOCK_PAGE + 1 && (LOCK_PAGE - 2).is_multiple_of(MAP_EVERY));
    if is_map || number == LOCK_PAGE || page.len() != PAGE {
        return None;
    }
    let head = if number == 1 { 100 } else { 0 };
    let pointers = head
        + match page[head] {
            0x02 | 0x05 => 12,
            0x0a | 0x0d => 8,
            _ => return None,
        };
    let word = |at: usize| usize::from(u16::from_be_bytes([page[at], page[at + 1]]));
    let (n_cells, content) = (word(head + 3), word(head + 5));
    let gap = pointers + 2 * n_cells..content;
    if gap.end < gap.start || PAGE < gap.end {
        return None;
    }
    let mut slack = vec![gap];
    let (mut at, mut least) = (word(head + 1), content);
    while at != 0 {
        // In order, each within the cells, each long enough for its own head.
        let is_sound = least <= at && at + 4 <= PAGE;
        let size = if is_sound { word(at + 2) } else { 0 };
        if size < 4 || PAGE < at + size {
            return None;
        }
        slack.push(at + 4..at + size);
        (at, least) = (word(at), at + size);
    }
    Some(slack)
}

#[cfg(test)]
mod tests;
