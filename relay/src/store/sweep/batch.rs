//! One batch of a sweep: what it takes, the end of the rows, the end of their keys.

use std::collections::HashMap;

use super::{Cursor, DueRow, Place, REMOVED, Swept};
use crate::{
    clock::Timestamp,
    limits::SWEEP_BATCH_MESSAGES,
    store::{
        StoreError,
        db::{Conn, args},
        keys::{Gone, Keys, Reason},
        row,
        size::{Counters, Size},
        sql,
    },
};

/// What the next batch may take.
pub(super) async fn next(
    conn: &mut Conn,
    now: Timestamp,
    place: &Place,
) -> Result<Vec<DueRow>, StoreError> {
    let n_rows = i64::try_from(place.limit).unwrap_or(i64::MAX);
    conn.all(sql::DUE, args![now, place.after.0, &place.after.1, n_rows]).await
}

/// Deletes the rows of what is due from one place up to another.
pub(super) async fn delete(
    conn: &mut Conn,
    now: Timestamp,
    place: &Place,
    up_to: &Cursor,
) -> Result<Swept, StoreError> {
    let args = args![now, place.after.0, &place.after.1, up_to.0, &up_to.1];
    Ok(Swept {
        outbox: conn.execute(sql::SWEEP_OUTBOX, args).await?,
        contacts: conn.execute(sql::SWEEP_CONTACTS, args).await?,
        consents: conn.execute(sql::SWEEP_CONSENTS, args).await?,
        leads: conn.execute(sql::SWEEP_LEADS, args).await?,
        replies: conn.execute(sql::SWEEP_REPLIES, args).await?,
        messages: conn.execute(sql::SWEEP_MESSAGES, args).await?,
        conversations: conn.execute(sql::SWEEP_CONVERSATIONS, args).await?,
        batches: 1,
        ..Swept::default()
    })
}

/// Looks at what goes with those that are taken, and counts what was promised to be counted.
pub(super) async fn measure(
    conn: &mut Conn,
    taken: &[DueRow],
) -> Result<HashMap<String, Size>, StoreError> {
    let ids: Vec<_> = taken.iter().map(|one| one.1.as_str()).collect();
    let sizes = Size::of(conn, &ids).await?;
    let mut counters = Counters::default();
    for (dealer, id, _, expires_at, ..) in taken {
        if reason(*expires_at) == Reason::Expired
            && let Some(size) = sizes.get(id)
        {
            counters.add(dealer, size);
        }
    }
    counters.keep(conn).await?;
    Ok(sizes)
}

/// Destroys the keys of what was deleted. Last, and committed first: from then on no copy of the rows can
/// be read anywhere.
pub(super) async fn destroy(
    conn: &mut Conn,
    keys: &Keys,
    taken: &[DueRow],
    sizes: &HashMap<String, Size>,
    at: Timestamp,
) -> Result<(), StoreError> {
    for taken in taken.chunk_by(|one, next| reason(one.3) == reason(next.3)) {
        let gone: Vec<_> = taken.iter().map(|one| gone(one, sizes, at)).collect();
        keys.destroy(conn, &gone, reason(taken[0].3), at).await?;
    }
    Ok(())
}

fn gone<'a>(due: &'a DueRow, sizes: &'a HashMap<String, Size>, now: Timestamp) -> Gone<'a> {
    let (dealer, conversation, _, expires_at, ..) = due;
    let size = sizes.get(conversation);
    Gone { conversation, dealer, ended: ended(*expires_at, now), size, told: &[] }
}

/// From when on nobody could read it; one of a dealer that is being removed has no end of its own.
pub(super) fn ended(expires_at: i64, now: Timestamp) -> Timestamp {
    if expires_at == REMOVED { now } else { row::at(expires_at) }
}

/// Why a conversation goes that expired at this moment.
pub(super) fn reason(expires_at: i64) -> Reason {
    if expires_at == REMOVED { Reason::Account } else { Reason::Expired }
}

/// The last conversation of a batch, such that it holds few enough messages, and all that it takes.
/// The first is always taken: a batch makes progress.
pub(super) fn cut(found: &[DueRow]) -> Option<(Cursor, &[DueRow])> {
    let mut messages = 0;
    let mut n_taken = 0;
    for one in found {
        messages += one.4;
        if 0 < n_taken && SWEEP_BATCH_MESSAGES < messages {
            break;
        }
        n_taken += 1;
    }
    let taken = &found[..n_taken];
    let last = taken.last()?;
    Some(((last.3, last.1.clone()), taken))
}
