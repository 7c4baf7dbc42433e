//! Restricting a conversation (Art. 18 GDPR; A-C6.4, B-36): a hold that hides at once what it keeps. It
//! ends for everyone as if its end had come, so nothing reads it, answers in it or passes it on, and the
//! hold keeps the sweep away. Only the tools that serve its person's rights find it.

use protocol::ConversationId;

use super::{
    DealerStore, StoreError,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    hold::insert,
    safe::Vault,
    shorten::keep_end,
    sql,
};
use crate::{clock::Timestamp, domain::hold::NewHold, random};

/// What has come of a restriction that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restricted {
    /// It stands; the id of its hold.
    Now(String),
    /// It stood before.
    Already(String),
    /// There is no such conversation, or no longer.
    NotThere,
}

impl DealerStore {
    /// Restricts a conversation. `hold` has been checked, and may be asked for before it is known of which.
    pub async fn restrict(
        &self,
        conversation: &ConversationId,
        hold: &NewHold,
    ) -> Result<Restricted, StoreError> {
        let (vault, now, dealer) = (self.vault(), self.now(), self.id().clone());
        let id = random::id(self.random(), "hold");
        let hold = NewHold { conversation: Some(conversation.clone()), ..hold.clone() };
        let conversation = conversation.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let of = args![dealer.as_str(), conversation.as_str()];
                if let Some((already,)) = conn.optional(sql::RESTRICTION, of).await? {
                    return Ok(Restricted::Already(already));
                }
                let found: Option<ConversationRow> = conn.optional(sql::CONVERSATION, of).await?;
                let Some(found) = found else { return Ok(Restricted::NotThere) };
                let found = found.checked(&vault, None)?;
                if found.is_over(now) || !insert(conn, &id, &dealer, &hold, true, now).await? {
                    return Ok(Restricted::NotThere);
                }
                let stopped = args![dealer.as_str(), conversation.as_str(), now];
                conn.execute(sql::STOP_REPLIES, stopped).await?;
                move_end(conn, found, now).await?;
                Ok(Restricted::Now(id))
            })
        })
        .await
    }
}

/// Whether a conversation is restricted.
pub(super) async fn is_restricted(
    conn: &mut Conn,
    vault: &Vault,
    conversation: &ConversationId,
) -> Result<bool, StoreError> {
    let args = args![vault.dealer(), conversation.as_str()];
    let found: Option<(String,)> = conn.optional(sql::RESTRICTION, args).await?;
    Ok(found.is_some())
}

/// Gives a restricted conversation the end back that it was promised. A period that was shortened
/// meanwhile reaches it within the hour, as it does all others.
pub(super) async fn lift(
    conn: &mut Conn,
    vault: &Vault,
    conversation: &str,
) -> Result<(), StoreError> {
    let args = args![vault.dealer(), conversation];
    let found: Option<ConversationRow> = conn.optional(sql::CONVERSATION, args).await?;
    let Some(found) = found else { return Ok(()) };
    let found = found.checked(vault, None)?;
    let end = found.promised_end();
    move_end(conn, found, end).await
}

/// In the transaction that has read the row, so nothing has come in between.
async fn move_end(conn: &mut Conn, mut found: Intact, end: Timestamp) -> Result<(), StoreError> {
    found.row.expires_at = end.millis();
    if keep_end(conn, &found.row).await? == 0 { Err(StoreError::Gone) } else { Ok(()) }
}
