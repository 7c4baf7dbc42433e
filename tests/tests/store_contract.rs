//! The store's contract: whatever is done to the real store and to the model of it that simulations
//! use, in whatever order, at whatever times, both answer alike.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{sync::Arc, time::Duration};

use forecourt_tests::{
    relay::{BEGIN, dealer_toml},
    sim::book::Book,
};
use proptest::prelude::*;
use protocol::{
    ClientMsgId, ConversationId, DealerId, Finish, LeadId, Offer, ReplyId, SessionToken, SiteKey,
};
use relay::{
    clock::{Clock, ManualClock},
    domain::{
        dealer::{Dealer, file::DealerFile},
        lead::CheckedLead,
        retention::{Action, Bounds, Period, RetentionPolicy},
    },
    lifecycle::Tasks,
    random::{Random, SeededRandom},
    retention,
    session::rows::{DealerRows, Rows},
    store::{
        Append, FinishedReply, NewLead, Role, Store, StoreError, StoreOptions, TakeLead, Words,
    },
};

/// One thing that is done to both. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Deed {
    Append { dealer: u8, token: u8, id: u8, text: String },
    Lead { dealer: u8, token: u8, id: u8 },
    Snapshot { dealer: u8, reply: u8, text: String },
    Finish { dealer: u8, reply: u8, finish: Finish, text: String },
    End { dealer: u8, reply: u8 },
    Retry { dealer: u8, reply: u8 },
    Look { dealer: u8, token: u8, after: u64, limit: u32 },
    Pass(u64),
    SetBack(u64),
    Shorten(u8),
    Sweep,
    Crash,
}

/// How long a conversation may be gone on with, and one period: what happens at the very end counts.
const DAY_MS: u64 = 86_400_000;

fn deeds() -> impl Strategy<Value = Deed> {
    // Mostly one dealer and few tokens, so that much happens in one conversation.
    let dealer = prop_oneof![5 => Just(0_u8), 1 => Just(1_u8)].boxed();
    let token = 0..2_u8;
    let finish = prop::sample::select(vec![
        Finish::Complete,
        Finish::Truncated,
        Finish::Interrupted,
        Finish::Failed,
    ]);
    let text = "[a-z\\x00 ß]{0,8}";
    prop_oneof![
        6 => (dealer.clone(), token.clone(), 0..8_u8, text)
            .prop_map(|(dealer, token, id, text)| Deed::Append { dealer, token, id, text }),
        2 => (dealer.clone(), token.clone(), 0..8_u8)
            .prop_map(|(dealer, token, id)| Deed::Lead { dealer, token, id }),
        2 => (dealer.clone(), any::<u8>(), text)
            .prop_map(|(dealer, reply, text)| Deed::Snapshot { dealer, reply, text }),
        5 => (dealer.clone(), any::<u8>(), finish, text).prop_map(
            |(dealer, reply, finish, text)| Deed::Finish { dealer, reply, finish, text }
        ),
        2 => (dealer.clone(), any::<u8>()).prop_map(|(dealer, reply)| Deed::End { dealer, reply }),
        3 => (dealer.clone(), any::<u8>()).prop_map(|(dealer, reply)| Deed::Retry { dealer, reply }),
        4 => (dealer, token, 0..5_u64, 0..5_u32).prop_map(
            |(dealer, token, after, limit)| Deed::Look { dealer, token, after, limit }
        ),
        3 => prop_oneof![1..5_000_u64, Just(DAY_MS), 1..200_000_000_u64].prop_map(Deed::Pass),
        1 => (1..5_000_000_u64).prop_map(Deed::SetBack),
        1 => (1..3_u8).prop_map(Deed::Shorten),
        1 => Just(Deed::Sweep),
        1 => Just(Deed::Crash),
    ]
}

/// The real store and the model, side by side.
struct Both {
    store: Store,
    book: Book,
    clock: Arc<ManualClock>,
    dealers: Vec<Dealer>,
    policy: RetentionPolicy,
    /// Each reply that was begun, with its conversation.
    replies: Vec<(ConversationId, ReplyId)>,
    n_ids: u64,
    _dir: tempfile::TempDir,
}

fn days(days: u16) -> RetentionPolicy {
    RetentionPolicy::own(Period::of_days(days), Action::Delete)
}

impl Both {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(BEGIN));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(1));
        let at: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let options = StoreOptions::new(dir.path().to_owned(), Role::Server, at, random);
        let store = Store::open(options, &Tasks::new()).await.unwrap();
        let mut dealers = Vec::new();
        for number in 0..2 {
            let toml = dealer_toml("Cars", &format!("site_cars-{number}"), "");
            let read = DealerFile::read("dealer.toml", &toml, &Bounds::default());
            let random = SeededRandom::new(number);
            let mut dealer = read.unwrap_or_else(|p| panic!("{p}")).into_dealer(None, &random);
            dealer.retention = days(2);
            store.add_dealer(&dealer).await.unwrap();
            dealers.push(dealer);
        }
        let (book, policy, replies) = (Book::default(), days(3), Vec::new());
        Self { store, book, clock, dealers, policy, replies, n_ids: 0, _dir: dir }
    }

    fn rows(&self, dealer: u8) -> (Box<dyn DealerRows>, DealerId) {
        let id = self.dealers[usize::from(dealer)].id.clone();
        let store: &dyn Rows = &self.store;
        (store.dealer(&id), id)
    }

    /// One of the replies, or one that never was.
    fn reply(&self, chosen: u8) -> (ConversationId, ReplyId) {
        let nowhere = (ConversationId::from_bytes(&[9; 16]), ReplyId::from_bytes(&[9; 16]));
        let n_known = self.replies.len();
        self.replies.get(usize::from(chosen) % (n_known + 1)).cloned().unwrap_or(nowhere)
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.n_ids += 1;
        u128::from(self.n_ids).to_be_bytes()
    }

    fn finished(&self, reply: u8, finish: Finish, text: String) -> FinishedReply {
        let (conversation, reply_id) = self.reply(reply);
        FinishedReply {
            conversation,
            reply_id,
            text,
            finish,
            generator: "test/model".to_owned(),
            sources: Vec::new(),
            offer: if finish == Finish::Failed { Offer::Lead } else { Offer::None },
            prompt_tokens: 3,
            completion_tokens: 4,
            policy: self.policy.clone(),
        }
    }

    async fn append(&mut self, dealer: u8, token: u8, id: u8, text: String) {
        let words = Words {
            token: token_of(token),
            conversation: None,
            site: SiteKey::parse("site_cars-0").unwrap(),
            locale: "en".to_owned(),
            notice_version: "n1".to_owned(),
            build: String::new(),
            client_msg_id: ClientMsgId::from_bytes(&[id; 16]),
            text,
            reply_id: ReplyId::from_bytes(&self.fresh()),
            policy: self.policy.clone(),
        };
        let (rows, owner) = self.rows(dealer);
        let real = rows.append(words.clone()).await.unwrap();
        // The store drew the id of a conversation that begins; the model is told it.
        let mut begun = ConversationId::from_bytes(&[8; 16]);
        if let Append::Kept { conversation, .. } = &real {
            begun = conversation.clone();
        }
        let model = self.book.append(&owner, &words, &begun, self.clock.now());
        assert_eq!(model, real, "append");
        if let Append::Kept { conversation, reply: Some(reply), fresh: true, .. } = real {
            self.replies.push((conversation, reply));
        }
    }

    async fn lead(&mut self, dealer: u8, token: u8, id: u8) {
        let lead = NewLead {
            token: token_of(token),
            conversation: None,
            site: SiteKey::parse("site_cars-0").unwrap(),
            locale: "en".to_owned(),
            notice_version: "n1".to_owned(),
            build: String::new(),
            client_msg_id: ClientMsgId::from_bytes(&[id; 16]),
            lead_id: LeadId::from_bytes(&self.fresh()),
            lead: CheckedLead::default(),
            consents: Vec::new(),
            policy: self.policy.clone(),
            targets: vec!["crm".into()],
        };
        let (rows, owner) = self.rows(dealer);
        let real = rows.take_lead(lead.clone()).await.unwrap();
        let mut begun = ConversationId::from_bytes(&[8; 16]);
        if let TakeLead::Taken { conversation, .. } = &real {
            begun = conversation.clone();
        }
        let model = self.book.take_lead(&owner, &lead, &begun, self.clock.now());
        assert_eq!(model, real, "lead");
    }

    async fn end(&mut self, dealer: u8, reply: u8) {
        let (rows, owner) = self.rows(dealer);
        let (id, reply) = self.reply(reply);
        let now = self.clock.now();
        let real = rows.end_reply(&id, &reply, &self.policy).await;
        let cut = self.book.cut_short((&owner, &id), &reply, &self.policy, now);
        let model = self.book.finish(&owner, &cut, now, now);
        assert_eq!(said(model), said(real), "end");
    }

    async fn look(&mut self, dealer: u8, token: u8, after: u64, limit: u32) {
        let (rows, owner) = self.rows(dealer);
        let now = self.clock.now();
        let real = rows.resume(&token_of(token)).await.unwrap();
        assert_eq!(self.book.resume(&owner, &token_of(token), now), real, "resume");
        let ids: Vec<ConversationId> = self.book.talks().map(|(id, _)| id.clone()).collect();
        for id in ids {
            let real = rows.history(&id, after, limit).await.unwrap();
            assert_eq!(self.book.history(&owner, &id, after, limit, now), real, "history");
        }
        let day = now.to_jiff().strftime("%Y-%m-%d").to_string();
        let spent = rows.tokens_spent(&day).await.unwrap();
        assert_eq!(self.book.tokens_spent(&owner, &day), spent, "spent");
    }

    async fn crash(&mut self) {
        let policy = |_: &DealerId| days(2);
        let real = self.store.interrupt_open_replies().await.unwrap();
        let model = self.book.interrupt_open_replies(policy, self.clock.now());
        assert_eq!(model, real, "interrupted");
    }

    async fn sweep(&mut self) {
        let now = self.clock.now();
        let real = retention::sweep_once(&self.store, now).await.unwrap();
        let model = self.book.sweep(now);
        let told = |swept: &relay::store::Swept| {
            (swept.conversations, swept.messages, swept.leads, swept.replies)
        };
        assert_eq!(told(&model), told(&real), "swept");
    }

    async fn does(&mut self, deed: Deed) {
        let now = self.clock.now();
        match deed {
            Deed::Append { dealer, token, id, text } => self.append(dealer, token, id, text).await,
            Deed::Lead { dealer, token, id } => self.lead(dealer, token, id).await,
            Deed::Snapshot { dealer, reply, text } => {
                let ((rows, owner), (id, reply)) = (self.rows(dealer), self.reply(reply));
                rows.snapshot(&id, &reply, &text, "test/model").await.unwrap();
                self.book.snapshot((&owner, &id), &reply, (&text, "test/model"), now);
            }
            Deed::Finish { dealer, reply, finish, text } => {
                let (rows, owner) = self.rows(dealer);
                let finished = self.finished(reply, finish, text);
                let real = rows.finish_reply(finished.clone()).await;
                let model = self.book.finish(&owner, &finished, now, now);
                assert_eq!(said(model), said(real), "finish");
            }
            Deed::End { dealer, reply } => self.end(dealer, reply).await,
            Deed::Retry { dealer, reply } => {
                let new = ReplyId::from_bytes(&self.fresh());
                let ((rows, owner), (id, old)) = (self.rows(dealer), self.reply(reply));
                let real = rows.retry(&id, &old, &new).await.unwrap();
                assert_eq!(self.book.retry((&owner, &id), &old, &new, now), real, "retry");
                self.replies.extend(real.map(|_| (id, new)));
            }
            Deed::Look { dealer, token, after, limit } => {
                self.look(dealer, token, after, limit).await;
            }
            Deed::Pass(ms) => self.clock.advance(Duration::from_millis(ms)),
            Deed::SetBack(ms) => self.clock.set(now.minus(Duration::from_millis(ms))),
            Deed::Shorten(to) => self.policy = days(to.into()),
            Deed::Sweep => self.sweep().await,
            Deed::Crash => self.crash().await,
        }
    }
}

fn token_of(number: u8) -> SessionToken {
    SessionToken::from_bytes(&[number; 32])
}

/// An answer, or the kind of the refusal.
fn said<T>(fate: Result<T, StoreError>) -> Result<T, String> {
    fate.map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_store_and_the_model_of_it_answer_alike(
        deeds in prop::collection::vec(deeds(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::open().await;
            for deed in deeds {
                both.does(deed).await;
            }
            for (dealer, token) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                both.look(dealer, token, 0, u32::MAX).await;
            }
        });
    }
}
