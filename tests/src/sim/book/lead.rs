//! A lead goes in, as in the store.

use protocol::{ConversationId, DealerId};
use relay::{
    clock::Timestamp,
    limits::{MAX_LEADS, REOPEN_WINDOW},
    store::{NewLead, TakeLead},
};

use super::Book;

impl Book {
    /// Keeps a lead; `fresh` is the id of a conversation that may begin with it.
    pub fn take_lead(
        &mut self,
        dealer: &DealerId,
        lead: &NewLead,
        fresh: &ConversationId,
        now: Timestamp,
    ) -> TakeLead {
        if self.by_token(dealer, &lead.token).is_none() {
            if lead.conversation.is_some() {
                return TakeLead::Ended;
            }
            self.begin(dealer, &lead.token, fresh, &lead.policy, now);
        }
        let conversation = self.tokens.get(&(dealer.clone(), lead.token.clone())).cloned();
        let (Some(talk), Some(conversation)) = (self.by_token(dealer, &lead.token), conversation)
        else {
            return TakeLead::Ended;
        };
        let expires_at = talk.expires_at;
        if expires_at <= now {
            return TakeLead::Ended;
        }
        if let Some((known, _)) = talk.leads.iter().find(|(_, id)| *id == lead.client_msg_id) {
            let lead = known.clone();
            return TakeLead::Taken { lead, conversation, expires_at, fresh: false };
        }
        if talk.last_at.plus(REOPEN_WINDOW) < now {
            return TakeLead::Ended;
        }
        if usize::try_from(MAX_LEADS).is_ok_and(|most| most <= talk.leads.len()) {
            return TakeLead::Full;
        }
        talk.leads.push((lead.lead_id.clone(), lead.client_msg_id.clone()));
        TakeLead::Taken { lead: lead.lead_id.clone(), conversation, expires_at, fresh: true }
    }
}
