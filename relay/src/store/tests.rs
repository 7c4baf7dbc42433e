//! The store's tests: a store in a directory of its own, two dealers, a clock that stands.

mod append;
mod backup;
mod chain;
mod crash;
mod damage;
mod dealers;
mod expiry;
mod inventory;
mod isolation;
mod lead;
mod postgres;
mod prepared;
mod reply;
mod request;
mod time;
mod writer;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use protocol::{
    ClientMsgId, ConversationId, DealerId, Finish, LeadId, Offer, ReplyId, SessionToken, SiteKey,
    lead::{Channel, FieldKind, FormField, LeadFields, LeadKind},
};
use tempfile::TempDir;

use super::*;
use crate::{
    clock::{ManualClock, Timestamp},
    domain::{
        dealer::{Dealer, DealerContact, DealerStatus, Legal, Site},
        lead::CheckedLead,
        retention::RetentionPolicy,
    },
    lifecycle::Tasks,
    planted::Planted,
    random::{self, SeededRandom},
};

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// 22 November 2026, 09:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_338_000_000);

/// A store in a directory of its own, with two dealers.
pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tasks: Tasks,
    pub(crate) dir: TempDir,
    random: Arc<SeededRandom>,
    pub(crate) ours: DealerId,
    pub(crate) theirs: DealerId,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::planted(None).await
    }

    pub(crate) async fn planted(planted: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let random = Arc::new(SeededRandom::new(7));
        let tasks = Tasks::new();
        let mut options = StoreOptions::new(
            dir.path().to_owned(),
            Role::Server,
            Arc::clone(&clock) as _,
            Arc::clone(&random) as _,
        );
        options.planted = Planted::new(planted);
        let store = Store::open(options, &tasks).await.unwrap();
        let (ours, theirs) = (DealerId::from_bytes(&[1; 16]), DealerId::from_bytes(&[2; 16]));
        store.add_dealer(&dealer(&ours, "site_ours")).await.unwrap();
        store.add_dealer(&dealer(&theirs, "site_theirs")).await.unwrap();
        Self { store, clock, tasks, dir, random, ours, theirs }
    }

    pub(crate) fn options(&self, role: Role) -> StoreOptions {
        let (clock, random) = (Arc::clone(&self.clock) as _, Arc::clone(&self.random) as _);
        StoreOptions::new(self.dir.path().to_owned(), role, clock, random)
    }

    /// Another store on the same files, as after a crash: the old one is dropped, not closed.
    pub(crate) async fn reopened(mut self) -> Self {
        let options = self.options(Role::Server);
        drop(self.store);
        self.store = Store::open(options, &self.tasks).await.unwrap();
        self
    }

    /// Another store on the same files, once the disk has lost the pages of which this is true, by
    /// their number and their bytes.
    pub(crate) async fn without_pages(mut self, lost: impl Fn(usize, &[u8]) -> bool) -> Self {
        let options = self.options(Role::Server);
        self.store.close().await;
        let path = self.dir.path().join("forecourt.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let pages = (1..).zip(bytes.chunks_mut(4_096)).filter(|(number, page)| lost(*number, page));
        let damaged = pages.map(|(_, page)| page[..8].fill(0xff)).count();
        assert_eq!(damaged, 1, "what was meant stands on one page");
        std::fs::write(&path, bytes).unwrap();
        self.store = Store::open(options, &self.tasks).await.unwrap();
        self
    }

    pub(crate) fn ours(&self) -> DealerStore {
        self.store.dealer(&self.ours)
    }

    pub(crate) fn theirs(&self) -> DealerStore {
        self.store.dealer(&self.theirs)
    }

    pub(crate) fn token(&self) -> SessionToken {
        SessionToken::from_bytes(&random::bytes(self.random.as_ref()))
    }

    pub(crate) fn reply_id(&self) -> ReplyId {
        ReplyId::from_bytes(&random::bytes(self.random.as_ref()))
    }

    pub(crate) fn message_id(&self) -> ClientMsgId {
        ClientMsgId::from_bytes(&random::bytes(self.random.as_ref()))
    }

    /// A message of this visitor, with fresh ids.
    pub(crate) fn words(&self, token: &SessionToken, text: &str) -> Words {
        Words {
            token: token.clone(),
            conversation: None,
            site: SiteKey::parse("site_ours").unwrap(),
            locale: "en-GB".into(),
            notice_version: "n1".into(),
            build: "b1".into(),
            client_msg_id: self.message_id(),
            text: text.into(),
            reply_id: self.reply_id(),
            policy: year(),
        }
    }

    /// A lead of this visitor, with fresh ids.
    pub(crate) fn new_lead(&self, token: &SessionToken, email: &str) -> NewLead {
        let fields = LeadFields { email: Some(email.into()), ..LeadFields::default() };
        NewLead {
            token: token.clone(),
            conversation: None,
            site: SiteKey::parse("site_ours").unwrap(),
            locale: "en-GB".into(),
            notice_version: "n1".into(),
            build: "b1".into(),
            client_msg_id: self.message_id(),
            lead_id: LeadId::from_bytes(&random::bytes(self.random.as_ref())),
            lead: CheckedLead {
                kind: LeadKind::TestDrive,
                fields,
                email_normal: Some(email.to_lowercase()),
                phone_e164: None,
            },
            consents: vec![consent(Channel::Email, true), consent(Channel::Sms, false)],
            policy: year(),
            targets: vec!["crm".into()],
        }
    }

    /// A visitor who asked and was answered: the conversation and the reply.
    pub(crate) async fn answered(&self, token: &SessionToken) -> (ConversationId, ReplyId) {
        let kept = kept(self.ours().append(self.words(token, "Is it red?")).await.unwrap());
        let reply = kept.reply.unwrap();
        let finished = finished(&kept.conversation, &reply, "It is.");
        self.ours().finish_reply(finished).await.unwrap();
        (kept.conversation, reply)
    }

    /// A visitor who says something.
    pub(crate) async fn said(&self, token: &SessionToken, text: &str) -> KeptWords {
        kept(self.ours().append(self.words(token, text)).await.unwrap())
    }

    /// All bytes of the databases and their logs.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        ["forecourt.db", "forecourt.db-wal", "keys.db", "keys.db-wal"]
            .iter()
            .flat_map(|name| std::fs::read(self.dir.path().join(name)).unwrap_or_default())
            .collect()
    }

    /// What some rows hold.
    pub(crate) async fn blobs(&self, sql: &'static str) -> Vec<Vec<u8>> {
        let rows: Vec<(Vec<u8>,)> = self.store.inner.readers.all(sql, args![]).await.unwrap();
        rows.into_iter().map(|(blob,)| blob).collect()
    }

    /// All wrapped keys of conversations.
    pub(crate) async fn wrapped_keys(&self) -> BTreeMap<String, Vec<u8>> {
        let read = self.store.inner.writer.write(|conn| {
            let sql = "SELECT conversation_id, wrapped FROM conversation_keys";
            Box::pin(async move { conn.keys.all::<(String, Vec<u8>)>(sql, args![]).await })
        });
        read.await.unwrap().into_iter().collect()
    }

    /// All rows of wrapped keys: conversation, dealer, dealer's key, the key in hexadecimal.
    pub(crate) async fn wrapped_rows(&self) -> Vec<(String, String, String, String)> {
        let read = self.store.inner.writer.write(|conn| {
            let sql =
                "SELECT conversation_id, dealer_id, dealer_key, hex(wrapped) FROM conversation_keys";
            Box::pin(async move { conn.keys.all(sql, args![]).await })
        });
        read.await.unwrap()
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let row: Option<(i64,)> = self.store.inner.readers.optional(sql, args![]).await.unwrap();
        row.unwrap().0
    }

    /// Runs one text on the writer, outside of a transaction.
    pub(crate) async fn pragma(&self, sql: &'static str) {
        let done =
            self.store.inner.writer.alone(move |conn| {
                Box::pin(async move { conn.execute(sql, args![]).await.map(drop) })
            });
        done.await.unwrap();
    }
}

/// How often `needle` stands in `bytes`.
pub(crate) fn occurrences(bytes: &[u8], needle: impl AsRef<[u8]>) -> usize {
    let needle = needle.as_ref();
    bytes.windows(needle.len()).filter(|window| *window == needle).count()
}

/// What [`Append::Kept`] says.
#[derive(Debug)]
pub(crate) struct KeptWords {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) reply: Option<ReplyId>,
    pub(crate) fresh: bool,
}

pub(crate) fn kept(append: Append) -> KeptWords {
    match append {
        Append::Kept { conversation, seq, expires_at, reply, fresh, .. } => {
            KeptWords { conversation, seq, expires_at, reply, fresh }
        }
        other => panic!("not kept: {other:?}"),
    }
}

pub(crate) fn finished(
    conversation: &ConversationId,
    reply: &ReplyId,
    text: &str,
) -> FinishedReply {
    FinishedReply {
        conversation: conversation.clone(),
        reply_id: reply.clone(),
        text: text.into(),
        finish: Finish::Complete,
        generator: "documents".into(),
        sources: Vec::new(),
        offer: Offer::None,
        prompt_tokens: 100,
        completion_tokens: 20,
        policy: year(),
    }
}

pub(crate) fn year() -> RetentionPolicy {
    RetentionPolicy::preset("uk-12m").unwrap()
}

pub(crate) fn quarter() -> RetentionPolicy {
    RetentionPolicy::preset("eu-90d").unwrap()
}

pub(crate) fn consent(channel: Channel, given: bool) -> ConsentRecord {
    ConsentRecord {
        channel,
        given,
        text: "Harbour Cars may write to me.".into(),
        version: "v1".into(),
        lang: "en".into(),
    }
}

pub(crate) fn dealer(id: &DealerId, site: &str) -> Dealer {
    Dealer {
        id: id.clone(),
        name: "Harbour Cars".into(),
        languages: vec!["en".into()],
        country: "GB".into(),
        timezone: "Europe/London".into(),
        privacy_url: "https://harbour.example/privacy".into(),
        legal: Legal {
            name: "Harbour Cars Ltd".into(),
            address: "1 Quay".into(),
            country: "United Kingdom".into(),
            email: "privacy@harbour.example".into(),
            phone: None,
            company_number: None,
        },
        contact: DealerContact::default(),
        sites: vec![Site {
            key: SiteKey::parse(site).unwrap(),
            name: "Main".into(),
            origins: vec!["https://harbour.example".into()],
        }],
        theme: protocol::dealer::Theme::default(),
        hours: None,
        assistant: None,
        notice_extra: None,
        greeting: None,
        suggestions: Vec::new(),
        form: vec![FormField { kind: FieldKind::Email, required: true }],
        forms: Vec::new(),
        deliver: Vec::new(),
        secrets: BTreeMap::new(),
        marketing: Vec::new(),
        retention: year(),
        provider: crate::domain::dealer::DealerProvider::Relay,
        redaction: crate::redact::Redaction::Balanced,
        tokens_per_day: None,
        status: DealerStatus::Active,
        ended_at: None,
    }
}

/// Whether a file is there.
pub(crate) fn exists(dir: &Path, name: &str) -> bool {
    dir.join(name).exists()
}
