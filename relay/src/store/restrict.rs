//! Restricting a conversation (Art. 18 GDPR; A-C6.4, B-36): a hold that hides at once what it keeps. It
//! ends for everyone as if its end had come, so nothing reads it, answers in it or passes it on, and the
//! hold keeps the sweep away. Only the tools that serve its person's rights find it.

use protocol::ConversationId;

use super::{
    DealerStore, StoreError,
    conversation::{ConversationRow, Intact},
    db::{Conn, args},
    hold::{insert, refuse_held},
    safe::Vault,
    shorten::keep_end,
    sql,
};
use crate::{
    clock::Timestamp,
    domain::{hold::NewHold, notice::Event},
    random,
};

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
        // Not as late as a clock that is ahead says: once that is set right it would be shown again.
        let end = now.min(self.believed_now());
        let id = random::id(self.random(), "hold");
        let hold = NewHold { conversation: Some(conversation.clone()), ..hold.clone() };
        let (conversation, teller) = (conversation.clone(), self.teller());
        let restricted = self.write(move |conn| {
            Box::pin(async move {
                let of = args![dealer.as_str(), conversation.as_str()];
                let already: Option<(String,)> = conn.optional(sql::RESTRICTION, of).await?;
                let found: Option<ConversationRow> = conn.optional(sql::CONVERSATION, of).await?;
                let Some(found) = found else { return Ok(Restricted::NotThere) };
                let found = found.checked(&vault, None)?;
                if already.is_none() {
                    // What is past its end is on its way out, unless something else holds it.
                    let is_kept =
                        match refuse_held(conn, dealer.as_str(), conversation.as_str()).await {
                            Ok(()) => !found.is_over(now),
                            Err(StoreError::Held { .. }) => true,
                            Err(error) => return Err(error),
                        };
                    if !is_kept || !insert(conn, &id, &dealer, &hold, true, now).await? {
                        return Ok(Restricted::NotThere);
                    }
                    let of = (conversation.as_str(), "");
                    teller.tell_recipients(conn, of, Event::Restricted).await?;
                }
                if !found.is_over(end) {
                    let stopped = args![dealer.as_str(), conversation.as_str(), now];
                    conn.execute(sql::STOP_REPLIES, stopped).await?;
                    move_end(conn, found, end).await?;
                }
                Ok(already.map_or(Restricted::Now(id), |(already,)| Restricted::Already(already)))
            })
        });
        let restricted = restricted.await;
        self.tell_owed();
        restricted
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

/// Gives a restricted conversation the end back that it was promised, also where that has become shorter
/// meanwhile. One that is damaged stays hidden.
pub(super) async fn lift(
    conn: &mut Conn,
    vault: &Vault,
    conversation: &str,
) -> Result<(), StoreError> {
    let args = args![vault.dealer(), conversation];
    let found: Option<ConversationRow> = conn.optional(sql::CONVERSATION, args).await?;
    let Some(found) = found else { return Ok(()) };
    let found = match found.checked(vault, None) {
        // A new seal would hide the damage: it stays hidden, and its hold ends.
        Err(error) if error.is_damage() => return Ok(()),
        found => found?,
    };
    let end = found.promised_end();
    move_end(conn, found, end).await
}

/// In the transaction that has read the row, so nothing has come in between.
async fn move_end(conn: &mut Conn, mut found: Intact, end: Timestamp) -> Result<(), StoreError> {
    found.row.expires_at = end.millis();
    if keep_end(conn, &found.row).await? == 0 { Err(StoreError::Gone) } else { Ok(()) }
}
