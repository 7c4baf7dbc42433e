//! A visitor who leaves details. No checks: what the relay says of them is the test's to judge.

use protocol::{
    ClientMessage, ClientMsgId, Failure, LeadId, ServerMessage,
    lead::{ConsentAnswer, LeadFields, LeadKind},
};

use super::{Visitor, fresh_id};

impl Visitor {
    /// Leaves details and waits for the reference.
    pub async fn lead(
        &mut self,
        fields: LeadFields,
        consents: Vec<ConsentAnswer>,
    ) -> anyhow::Result<Result<LeadId, Failure>> {
        self.lead_as(fresh_id(), fields, consents).await
    }

    /// The same under an id of the test's choice.
    pub async fn lead_as(
        &mut self,
        id: ClientMsgId,
        fields: LeadFields,
        consents: Vec<ConsentAnswer>,
    ) -> anyhow::Result<Result<LeadId, Failure>> {
        self.lead_of(LeadKind::Enquiry, id, fields, consents).await
    }

    /// The same for another wish.
    pub async fn lead_of(
        &mut self,
        kind: LeadKind,
        id: ClientMsgId,
        fields: LeadFields,
        consents: Vec<ConsentAnswer>,
    ) -> anyhow::Result<Result<LeadId, Failure>> {
        let lead = ClientMessage::Lead { client_msg_id: id.clone(), kind, fields, consents };
        self.send(&lead).await?;
        loop {
            match self.frame().await? {
                ServerMessage::LeadTaken { client_msg_id, lead } if client_msg_id == id => {
                    return Ok(Ok(lead));
                }
                ServerMessage::Failed(failure) if failure.client_msg_id.as_ref() == Some(&id) => {
                    return Ok(Err(failure));
                }
                _ => {}
            }
        }
    }
}
