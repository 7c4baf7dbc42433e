//! T27: each message comes one to five times, on two sockets at once, after a lost
//! acknowledgement, a day and a month later. One row, one call of the model, one place in every
//! acknowledgement; one lead for one form. The controls forget who sent what, and ask twice.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use protocol::{
    AuthorKind, ClientMsgId, LeadId,
    lead::{Channel, ConsentAnswer, LeadFields},
};
use relay::random::{self, SeededRandom};
use tokio::task::JoinSet;

use super::{
    Findings, Tier, on_a_thread,
    tabs::{Tab, Wish, database, differences, n_broken, on_disk},
};
use crate::{
    llm::{MockLlm, Script},
    measure::count,
    process::Forecourt,
    relay::{TestRelay, llm},
    visitor::{Visitor, fresh_id},
};

/// How many conversations go on at once, each on two sockets.
const PAIRS: u64 = 8;

/// A message comes at most so many times on one socket.
const TIMES_MAX: u64 = 5;

/// Runs the test and its controls.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let n_turns = tier.pick(15, 60, 120);
    let outcome = races("FORECOURT_BIN", None, n_turns).await?;
    findings.note("messages", outcome.messages);
    findings.note("times_sent", outcome.sent);
    findings.exactly("rows_beyond_messages", outcome.rows.abs_diff(outcome.messages), 0);
    findings.exactly("model_calls_beyond_messages", outcome.calls.abs_diff(outcome.messages), 0);
    findings.exactly("places_contradicting", outcome.contradictions, 0);
    findings.exactly("refusals", outcome.refusals, 0);
    findings.exactly("differences_from_the_database", outcome.differences, 0);
    findings.exactly("answers_broken_off", outcome.broken, 0);
    findings.exactly("waits_in_vain", outcome.silences, 0);
    findings.at_least("forms", count(outcome.forms), 1.0);
    findings.exactly("leads_beyond_forms", outcome.leads.abs_diff(outcome.forms), 0);
    findings.exactly("lead_references_contradicting", outcome.lead_contradictions, 0);
    let late = on_a_thread(late).await?;
    findings.note("sent_again_after_days", late.sent);
    findings.exactly("late_repeats_that_made_something_new", late.made, 0);

    let forgets = races("FORECOURT_PLANTED_BIN", Some("forget-client-msg-id"), 2).await?;
    findings.note("control_rows_beyond_messages", forgets.rows.abs_diff(forgets.messages));
    findings.control("forgets who sent what", forgets.messages < forgets.rows);
    let asks = races("FORECOURT_PLANTED_BIN", Some("ask-twice"), 2).await?;
    findings.note("control_calls_beyond_messages", asks.calls.abs_diff(asks.messages));
    findings.control("asks the model again", asks.messages < asks.calls);
    Ok(())
}

/// What was found.
#[derive(Default)]
struct Outcome {
    messages: u64,
    sent: u64,
    rows: u64,
    calls: u64,
    contradictions: u64,
    refusals: u64,
    differences: u64,
    broken: u64,
    silences: u64,
    forms: u64,
    leads: u64,
    lead_contradictions: u64,
}

/// One conversation in two tabs.
struct Pair {
    tabs: [Tab; 2],
    sent: u64,
    forms: u64,
    lead_contradictions: u64,
}

/// Lets all pairs talk, and compares what each was told with the database.
async fn races(binary: &str, planted: Option<&str>, n_turns: u64) -> anyhow::Result<Outcome> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let model = MockLlm::start().await?;
    model.usually(Script::words(["Twelve ", "months, ", "on ", "every ", "car."]));
    let mut relay = Forecourt::named(binary, &data)?.with_llm(&model.base_url("")).without_paces();
    if let Some(planted) = planted {
        relay = relay.set("FORECOURT_PLANTED", planted);
    }
    relay.start().await?;
    let relay = Arc::new(relay);
    let mut tasks = JoinSet::new();
    for number in 0..PAIRS {
        tasks.spawn(talk(Arc::clone(&relay), number, n_turns, planted.is_some()));
    }
    let store = database(&data).await?;
    let mut outcome = Outcome { messages: PAIRS * n_turns, ..Outcome::default() };
    while let Some(pair) = tasks.join_next().await {
        let pair = pair.context("a visitor broke down")??;
        let kept = on_disk(&store, pair.tabs[0].visitor.token.as_ref()).await?;
        let own = |author| author == AuthorKind::Visitor;
        outcome.rows += kept.values().filter(|message| own(message.author_kind)).count() as u64;
        outcome.broken += n_broken(&kept);
        outcome.sent += pair.sent;
        outcome.forms += pair.forms;
        outcome.lead_contradictions += pair.lead_contradictions;
        let [one, other] = &pair.tabs;
        let differ = |(id, seq): &(&ClientMsgId, &u64)| {
            other.visitor.accepted.get(*id).is_some_and(|place| place != *seq)
        };
        outcome.contradictions += one.visitor.accepted.iter().filter(differ).count() as u64;
        for tab in &pair.tabs {
            outcome.differences += differences(&kept, &tab.visitor.messages);
            outcome.contradictions += tab.visitor.wrongs.len() as u64;
            outcome.refusals += tab.visitor.failures.len() as u64;
            outcome.silences += tab.silences;
        }
    }
    outcome.calls = model.requests().len() as u64;
    let site = Forecourt::stranger()?.greeting().site_key;
    let dealer = store.dealer_by_site(&site).context("the demo has its dealer")?;
    outcome.leads = store.dealer(&dealer.id).leads(u32::MAX / 2).await?.len() as u64;
    store.close().await;
    Ok(outcome)
}

/// One conversation: every message and every form several times, from both tabs.
async fn talk(
    relay: Arc<Forecourt>,
    number: u64,
    n_turns: u64,
    is_control: bool,
) -> anyhow::Result<Pair> {
    let random = SeededRandom::new(number);
    let mut first = Tab::new(relay.address(), &relay)?;
    let says = Some((fresh_id(), "Question 1?".to_owned()));
    first.until(Wish { says, n_messages: 2 }).await?;
    let second = first.beside(relay.address())?;
    let mut pair = Pair { tabs: [first, second], sent: 1, forms: 0, lead_contradictions: 0 };
    for turn in 2..=n_turns {
        let turn = say(&mut pair, &random, turn).await;
        if is_control {
            // What is planted may well leave a tab waiting; the database tells.
            if turn.is_err() {
                break;
            }
            continue;
        }
        turn?;
        form(&mut pair).await?;
    }
    pair.tabs.iter_mut().for_each(Tab::cut);
    Ok(pair)
}

/// One message, up to five times on each of two sockets at once.
async fn say(pair: &mut Pair, random: &SeededRandom, turn: u64) -> anyhow::Result<()> {
    let (id, text) = (fresh_id(), format!("Question {turn}?"));
    let [one, other] = &mut pair.tabs;
    let mut times = [1, 1].map(|least| least + random::below(random, TIMES_MAX));
    let case = random::below(random, 4);
    if case == 0 {
        // The socket breaks before the acknowledgement is read.
        one.connect().await?;
        one.visitor.send_say(&id, &text).await?;
        one.cut();
    }
    if case == 2 {
        // The other tab says nothing, and comes back just when the message is kept.
        other.cut();
        times[1] = 0;
    }
    pair.sent += times[0] + times[1] + u64::from(case == 0);
    let (first, second) = tokio::join!(
        say_again(one, &id, &text, times[0], false),
        say_again(other, &id, &text, times[1], case == 1),
    );
    first?;
    second?;
    let n_messages = usize::try_from(2 * turn)?;
    let says = Some((id, text));
    let others = says.clone().filter(|_| 0 < times[1]);
    let (first, second) = tokio::join!(
        one.until(Wish { says, n_messages }),
        other.until(Wish { says: others, n_messages }),
    );
    first?;
    second
}

/// Sends the same message again and again; between, the socket may break.
async fn say_again(
    tab: &mut Tab,
    id: &ClientMsgId,
    text: &str,
    times: u64,
    cuts: bool,
) -> anyhow::Result<()> {
    tab.connect().await?;
    for time in 0..times {
        tab.visitor.send_say(id, text).await?;
        if cuts && time == 0 {
            tab.cut();
            tab.connect().await?;
        }
    }
    Ok(())
}

/// One form, from both sockets at once: one reference.
async fn form(pair: &mut Pair) -> anyhow::Result<()> {
    if 10 <= pair.forms {
        // A conversation takes twenty leads at the most.
        return Ok(());
    }
    let id = fresh_id();
    let [one, other] = &mut pair.tabs;
    let (first, second) = tokio::join!(lead(&mut one.visitor, &id), lead(&mut other.visitor, &id));
    pair.forms += 1;
    pair.lead_contradictions += u64::from(first? != second?);
    Ok(())
}

/// Leaves a name and an address; answers the reference.
pub(super) async fn lead(visitor: &mut Visitor, id: &ClientMsgId) -> anyhow::Result<LeadId> {
    let fields = LeadFields {
        name: Some("Robin".to_owned()),
        email: Some("robin@example.org".to_owned()),
        ..LeadFields::default()
    };
    let dealer = visitor.dealer.as_ref().context("greeted")?;
    let form = &dealer.lead_form.consents;
    let consents: Vec<ConsentAnswer> = form
        .iter()
        .map(|option| ConsentAnswer {
            channel: option.channel,
            version: option.version.clone(),
            given: option.channel == Channel::Email,
        })
        .collect();
    let taken = visitor.lead_as(id.clone(), fields, consents).await?;
    taken.map_err(|failure| anyhow::anyhow!("refused: {failure:?}"))
}

/// What came of repeats that came late.
#[derive(Default)]
struct Late {
    sent: u64,
    made: u64,
}

/// The same messages and forms again after a day and after a month, by a clock that is moved.
async fn late() -> anyhow::Result<Late> {
    let model = MockLlm::start().await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let (mut said, mut forms) = (BTreeMap::new(), BTreeMap::new());
    for n in 0..3 {
        let id = fresh_id();
        said.insert(id.clone(), visitor.say_as(id, &format!("Question {n}?")).await?);
        visitor.settled().await?;
        let id = fresh_id();
        forms.insert(id.clone(), lead(&mut visitor, &id).await?);
    }
    let (before, calls) = (visitor.transcript(), model.requests().len());
    let mut late = Late::default();
    for days in [1, 29] {
        relay.advance(Duration::from_hours(24 * days));
        visitor.cut();
        relay.welcome_back(&mut visitor).await?;
        for (id, seq) in &said {
            late.made += u64::from(visitor.say_as(id.clone(), "Question?").await? != *seq);
            late.sent += 1;
        }
        for (id, known) in &forms {
            late.made += u64::from(lead(&mut visitor, id).await? != *known);
            late.sent += 1;
        }
    }
    visitor.cut();
    visitor.messages.clear();
    relay.welcome_back(&mut visitor).await?;
    late.made += u64::from(visitor.transcript() != before);
    late.made += (model.requests().len() - calls) as u64;
    let dealer = relay.first_dealer()?;
    let leads = relay.store().dealer(&dealer.id).leads(100).await?.len();
    late.made += leads.abs_diff(forms.len()) as u64;
    Ok(late)
}
