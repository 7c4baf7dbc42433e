//! A bit flips somewhere in the database: in every page in turn, and wherever a table or an index
//! names a lead, its conversation or its dealer. What is read afterwards is what was written, or is
//! refused. T16 shows the same of a whole relay.

use std::{collections::BTreeMap, path::PathBuf};

use protocol::Message;

use super::*;

/// How many visitors have talked and left a lead.
const VISITORS: usize = 5;

/// How many bits flip in each page, one at a time.
const FLIPS_A_PAGE: u64 = 2;

const PAGE: usize = 4_096;

/// A sound database, and what is read of it.
struct Template {
    stage: Stage,
    files: Vec<(PathBuf, Vec<u8>)>,
    talks: Vec<(SessionToken, Vec<Message>)>,
    leads: BTreeMap<String, String>,
}

impl Template {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let ours = stage.ours();
        let mut talks = Vec::new();
        for _ in 0..VISITORS {
            let token = stage.token();
            let (conversation, _) = stage.answered(&token).await;
            stage.answered(&token).await;
            ours.take_lead(stage.new_lead(&token, "a@b.example")).await.unwrap();
            talks.push((token, ours.history(&conversation, 0, 10).await.unwrap()));
        }
        let leads = ours.leads(10).await.unwrap().iter().map(told).collect();
        stage.store.clone().close().await;
        let files = ["forecourt.db", "forecourt.mark"].map(|name| stage.dir.path().join(name));
        let files = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).into();
        Self { stage, files, talks, leads }
    }

    /// Whether something is refused once a bit has flipped; or what is read wrong, or is missing
    /// without a word.
    async fn refuses(&self, place: usize, bit: u64) -> Result<bool, String> {
        for (path, bytes) in &self.files {
            std::fs::write(path, bytes).unwrap();
        }
        // Of a store that was refused.
        let _ = std::fs::remove_file(self.stage.dir.path().join("forecourt.db-wal"));
        let (path, bytes) = &self.files[0];
        let mut bytes = bytes.clone();
        bytes[place] ^= 1 << bit;
        std::fs::write(path, bytes).unwrap();
        let tasks = Tasks::new();
        let Ok(store) = Store::open(self.stage.options(Role::Server), &tasks).await else {
            return Ok(true);
        };
        let ours = store.dealer(&self.stage.ours);
        let is_refused = Ok(self.refuses_a_talk(&ours).await? | self.refuses_a_lead(&ours).await?);
        store.close().await;
        tasks.stop(Duration::from_secs(1)).await;
        is_refused
    }

    async fn refuses_a_talk(&self, ours: &DealerStore) -> Result<bool, String> {
        let mut is_refused = false;
        for (token, said) in &self.talks {
            let found = match ours.resume(token).await {
                Ok(None) => return Err("a conversation is missing".to_owned()),
                Ok(Some(found)) => ours.history(&found.id, 0, 10).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(messages) if messages != *said => return Err(format!("{messages:?}")),
                found => is_refused |= found.is_err(),
            }
        }
        Ok(is_refused)
    }

    async fn refuses_a_lead(&self, ours: &DealerStore) -> Result<bool, String> {
        let Ok(leads) = ours.leads_since(Timestamp::from_millis(0), 100).await else {
            return Ok(true);
        };
        for (id, lead) in leads.iter().flatten().map(told) {
            if self.leads.get(&id) != Some(&lead) {
                return Err(lead);
            }
        }
        let is_refused = leads.iter().any(Result::is_err);
        let is_whole = leads.len() == self.leads.len();
        if is_refused || is_whole { Ok(is_refused) } else { Err("a lead is missing".to_owned()) }
    }
}

/// A lead by its id, and all that is shown of it.
fn told(lead: &StoredLead) -> (String, String) {
    let StoredLead {
        id,
        conversation,
        site,
        locale,
        lead,
        consents,
        withdrawn,
        at,
        expires_at,
        joins,
    } = lead;
    let CheckedLead { kind, fields, email_normal, phone_e164 } = lead;
    let details = serde_json::to_string(&fields).unwrap();
    let lead = format!(
        "{conversation} {site} {locale} {kind:?} {details} {email_normal:?} {phone_e164:?} {consents:?} {withdrawn:?} {at} {expires_at} {joins:?}"
    );
    (id.to_string(), lead)
}

impl Template {
    /// A few places in each page; what is written stands at the end of it.
    fn places(&self, random: &SeededRandom) -> Vec<usize> {
        let ends = (1..=self.files[0].1.len() / PAGE).map(|page| page * PAGE);
        let places = ends.flat_map(|end| (0..FLIPS_A_PAGE).map(move |_| end));
        places.map(|end| end - 1 - usize::try_from(random::below(random, 1_000)).unwrap()).collect()
    }

    /// Wherever the database names something, in the middle of the name.
    fn names(&self, name: &str) -> Vec<usize> {
        let bytes = &self.files[0].1;
        let is_name = |place: &usize| bytes[*place..].starts_with(name.as_bytes());
        (0..bytes.len()).filter(is_name).map(|place| place + name.len() / 2).collect()
    }
}

#[tokio::test]
async fn a_bit_that_flips_anywhere_is_harmless_or_refused() {
    let template = Template::new().await;
    let random = SeededRandom::new(16);
    let mut places = template.places(&random);
    let (lead, told) = template.leads.iter().next().unwrap();
    let (conversation, _) = told.split_once(' ').unwrap();
    for name in [lead, conversation, template.stage.ours.as_str()] {
        let names = template.names(name);
        assert!(5 < names.len(), "{name} stands in {} places", names.len());
        places.extend(names);
    }
    let mut n_refused = 0;
    for place in places {
        let bit = random::below(&random, 8);
        match template.refuses(place, bit).await {
            Ok(is_refused) => n_refused += u32::from(is_refused),
            Err(wrong) => panic!("bit {bit} of byte {place}: {wrong}"),
        }
    }
    assert!(50 < n_refused, "{n_refused} flips only did something that shows");
}
