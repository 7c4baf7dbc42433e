//! The model that answers in a simulated world, with all its faults; and documents that say nothing.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{
    StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use protocol::{DealerId, Finish, Offer, limits::MAX_REPLY_BYTES};
use relay::{
    domain::passage::Passage,
    llm::{Author, DOCUMENTS, Ending, Piece, Question},
    session::answers::{Answers, Passages},
    store::StoreError,
};

use super::{
    World,
    agenda::Kind,
    dice::{Dice, digest},
    tag::Tag,
    trace::Who,
};

/// Documents that say nothing.
pub struct NoPassages;

impl Passages<StoreError> for NoPassages {
    fn find<'a>(
        &'a self,
        _: &'a DealerId,
        _: &'a str,
        _: &'a str,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<Passage>, StoreError>> {
        Box::pin(ready(Ok(Vec::new())))
    }
}

/// A model.
pub struct SimModel(pub Arc<World>);

/// What comes next: after so many milliseconds, a piece, or the stream breaks.
type Plan = VecDeque<(u64, Option<Piece>)>;

impl Answers for SimModel {
    fn answer(&self, question: Question) -> BoxStream<'static, Piece> {
        let world = Arc::clone(&self.0);
        let asked = question.asked().to_owned();
        look_at(&world, &question);
        world.note(Who::Model, "is asked", digest(&asked), || head(&asked));
        let dice = Dice::new(world.seed, "model", digest(&asked) ^ world.now_ms());
        let plan = plan(dice, Tag::of(&asked), world.is_calm());
        let whose = digest(&asked);
        let speak = move |(world, mut plan): (Arc<World>, Plan)| async move {
            let (delay_ms, piece) = plan.pop_front()?;
            if 0 < delay_ms {
                world.agenda.pause(delay_ms, Kind::Provider, whose).await;
            }
            piece.map(|piece| (piece, (world, plan)))
        };
        stream::unfold((world, plan), speak).boxed()
    }

    fn most(&self, _: &Question) -> u64 {
        230
    }
}

/// A prompt holds a question that is there, nobody else's words, and is sent once.
fn look_at(world: &Arc<World>, question: &Question) {
    let asked = question.asked();
    let Some(tag) = Tag::of(asked) else {
        return world
            .breach(1, || "a question was kept, and its own reply does not find it".into());
    };
    if let Some(times) = world.with_check(|check| check.asked(asked)) {
        world.breach(0, || format!("the model was asked {times} times: {}", head(asked)));
    }
    let dealer = world.dealers.get(tag.dealer).map(|dealer| dealer.name.as_str());
    // What the relay itself said, where nothing could be read, has no tag.
    let is_own = question.turns.iter().all(|turn| Tag::of(&turn.text).is_none_or(|own| own == tag))
        && dealer == Some(question.facts.dealer_name.as_str());
    if !is_own {
        world.breach(7, || format!("a prompt of {tag} holds words of others"));
    }
}

/// What a call will be like. The words begin with the tag of their question, so that they can be
/// told from others' wherever they turn up.
fn plan(mut dice: Dice, tag: Option<Tag>, calm: bool) -> Plan {
    let mut plan = Plan::new();
    let tag = tag.map(|tag| format!("{tag} ")).unwrap_or_default();
    let fault = if calm { 100 } else { dice.within(0, 99) };
    if fault < 4 {
        // No provider can be had: the documents answer at once.
        plan.push_back((dice.within(1, 400), Some(by(DOCUMENTS, None))));
        plan.push_back((0, Some(Piece::Text(format!("{tag}The documents say nothing.")))));
        plan.push_back((0, Some(end(Finish::Complete, None))));
        return plan;
    }
    if fault < 7 {
        let instead = format!("{tag}Please call us.");
        plan.push_back((dice.within(1, 3_000), Some(end(Finish::Failed, Some(instead)))));
        return plan;
    }
    let first_ms = if fault < 10 { dice.within(5_000, 14_000) } else { dice.within(20, 900) };
    plan.push_back((first_ms, Some(by("sim/model", Some(50)))));
    plan.push_back((0, Some(Piece::Text(tag))));
    let is_flood = fault == 10;
    let n_pieces = if is_flood { 12 } else { dice.within(1, 7) };
    let pace_ms = if (14..17).contains(&fault) { 3_000 } else { 160 };
    for number in 0..n_pieces {
        let words = if is_flood {
            "ä flood of words, ".repeat(MAX_REPLY_BYTES / 180)
        } else {
            format!(
                "piece {number} of {n_pieces} – ß{} ",
                "a".repeat(usize::try_from(dice.within(0, 12)).unwrap_or(0))
            )
        };
        let delay_ms = if dice.percent(30) { 0 } else { dice.within(1, pace_ms) };
        plan.push_back((delay_ms, Some(Piece::Text(words))));
    }
    match fault {
        // It falls silent, until its idle time is up.
        17..=19 => plan.push_back((20_000, Some(end(Finish::Interrupted, None)))),
        // It breaks off.
        20..=24 => plan.push_back((1, Some(end(Finish::Interrupted, None)))),
        // It ends without an end.
        25..=26 => plan.push_back((1, None)),
        _ => plan.push_back((dice.within(0, 60), Some(end(Finish::Complete, None)))),
    }
    plan
}

/// The beginning of a text, for people.
fn head(text: &str) -> String {
    text.chars().take(60).collect()
}

fn by(generator: &str, prompt_tokens: Option<u64>) -> Piece {
    Piece::By(Author { generator: generator.to_owned(), prompt_tokens })
}

fn end(finish: Finish, text: Option<String>) -> Piece {
    Piece::End(Ending {
        finish,
        prompt_tokens: 50,
        completion_tokens: 20,
        sources: Vec::new(),
        offer: Offer::None,
        text,
    })
}
