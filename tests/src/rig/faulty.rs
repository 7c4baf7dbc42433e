//! One fault of a provider after the other, each met by a visitor who asks one question.

use std::time::Duration;

use protocol::{AuthorKind, Finish, Message, ServerMessage};
use tokio::time::timeout;

use super::scene::{Scene, Setting};
use crate::{
    llm::{
        Act, MockLlm, Outcome,
        faults::{End, Fault},
        script::{Script, USUAL_TEXT},
    },
    measure::Stopwatch,
    visitor::Visitor,
};

/// So many failures are left to one relay; one more and its breaker would answer in its place.
const FAILURES: usize = 4;

/// The longest reply (T24).
const REPLY_BYTES_MAX: usize = 32_000;

/// What one fault led to.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// How it must end.
    pub end: End,
    /// What the provider says before the fault.
    pub said: Said,
    /// What the visitor was left with; nothing if no end came in time.
    pub message: Option<Message>,
    /// How long that took.
    pub took: Duration,
}

/// What all of them led to.
#[derive(Default)]
pub struct Played {
    /// Each.
    pub cases: Vec<Case>,
    /// Tasks of the relay that panicked.
    pub panics: f64,
    /// Replies that were still open when every visitor had an end.
    pub open_replies: f64,
    /// Calls that the provider still held open then.
    pub open_calls: usize,
}

/// Plays them with as many relays as that takes.
pub async fn play(
    faults: Vec<Fault>,
    setting: Setting<'_>,
    patience: Duration,
) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let mut scene = Scene::start(setting).await?;
    let mut failures = 0;
    for (name, script, end) in faults {
        if FAILURES <= failures {
            look(&mut played, &scene).await?;
            scene = Scene::start(setting).await?;
            failures = 0;
        }
        let calls = scene.model.outcomes().len();
        let said = Said::by(&script);
        let waits_for_words = script.acts.contains(&Act::Gate);
        scene.model.usually(script);
        let mut visitor = scene.visitor().await?;
        let watch = Stopwatch::start();
        visitor.say("How long is the warranty?").await?;
        let reply = reply(&mut visitor, waits_for_words.then_some(&scene.model));
        let message = timeout(patience, reply).await.ok().transpose()?;
        played.cases.push(Case { name, end, said, message, took: watch.elapsed() });
        if !matches!(end, End::Whole | End::Complete) {
            failures += scene.model.outcomes().len() - calls;
        }
    }
    look(&mut played, &scene).await?;
    Ok(played)
}

/// Waits for the end; lets the model go on once words have come.
async fn reply(visitor: &mut Visitor, gated: Option<&MockLlm>) -> anyhow::Result<Message> {
    loop {
        match visitor.frame().await? {
            ServerMessage::Delta { .. } => gated.into_iter().for_each(MockLlm::release),
            ServerMessage::Done { message, .. } => return Ok(message),
            _ => {}
        }
    }
}

/// What is left open when all visitors have an end. A call is cancelled with its reply, which the
/// provider sees a moment later.
async fn look(played: &mut Played, scene: &Scene) -> anyhow::Result<()> {
    let settled = async {
        while scene.model.outcomes().contains(&Outcome::Open) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = timeout(Duration::from_secs(2), settled).await;
    let open = |outcome: &&Outcome| **outcome == Outcome::Open;
    played.open_calls += scene.model.outcomes().iter().filter(open).count();
    played.open_replies += scene.metric("forecourt_replies_open").await?;
    played.panics += scene.metric("forecourt_task_panics_total").await?;
    Ok(())
}

/// The words of a script, as far as they are known.
pub struct Said {
    /// Those that nothing keeps from coming.
    at_once: String,
    /// With those that come later, which a timeout may cut.
    all: String,
    /// Whether more follow that nobody knows.
    is_open: bool,
}

impl Said {
    fn by(script: &Script) -> Self {
        let mut said = Self { at_once: String::new(), all: String::new(), is_open: false };
        let mut is_late = false;
        for act in &script.acts {
            let text = match act {
                Act::Say { text } => text,
                Act::SayText => &script.text,
                Act::Giant { .. } | Act::Flood | Act::Stamped { .. } => {
                    said.is_open = true;
                    break;
                }
                _ => {
                    is_late |= matches!(act, Act::Sleep { .. });
                    continue;
                }
            };
            said.all.push_str(text);
            if !is_late {
                said.at_once.push_str(text);
            }
        }
        said
    }

    /// Whether a text begins with what came, and has nothing that did not come.
    fn is_kept_in(&self, text: &str) -> bool {
        text.starts_with(&self.at_once)
            && (self.all.starts_with(text) || self.is_open && text.starts_with(&self.all))
    }
}

impl Case {
    /// What is wrong with how it ended; nothing if it is as it must be.
    pub fn problem(&self) -> Option<String> {
        let Some(message) = &self.message else {
            return Some(format!("{}: no end after {:?}", self.name, self.took));
        };
        let finish = match self.end {
            End::Whole | End::Complete | End::Documents => Finish::Complete,
            End::Truncated => Finish::Truncated,
            End::Interrupted => Finish::Interrupted,
        };
        let by_documents = message.generator.as_deref() == Some("documents");
        let is_right = message.finish == Some(finish)
            && message.author_kind == AuthorKind::Ai
            && by_documents == (self.end == End::Documents)
            && !message.text.is_empty()
            && (by_documents || self.end == End::Whole || self.said.is_kept_in(&message.text))
            && (self.end != End::Whole || message.text == USUAL_TEXT)
            && message.text.len() <= REPLY_BYTES_MAX;
        (!is_right).then(|| {
            let (finish, bytes) = (message.finish, message.text.len());
            let by = message.generator.as_deref().unwrap_or_default();
            format!("{}: {finish:?} by {by} with {bytes} bytes, not {:?}", self.name, self.end)
        })
    }
}

impl Played {
    /// What is wrong, fault by fault.
    pub fn problems(&self) -> Vec<String> {
        self.cases.iter().filter_map(Case::problem).collect()
    }

    /// Visitors who were left without an end.
    pub fn hanging(&self) -> u64 {
        self.cases.iter().filter(|case| case.message.is_none()).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_begins_with_what_came_and_has_nothing_else() {
        let say = |text: &str| Act::Say { text: text.into() };
        let cut = Said::by(&Script::acts([Act::Open, say("Half "), say("an "), Act::Hang]));
        let kept =
            ["Half an ", "Half ", "alf an ", "Half an hour"].map(|text| cut.is_kept_in(text));
        assert_eq!(kept, [true, false, false, false]);
        let slow = Said::by(&Script::acts([say("drip "), Act::Sleep { ms: 5 }, say("drop ")]));
        let kept = ["drip ", "drip drop ", "", "drip drip "].map(|text| slow.is_kept_in(text));
        assert_eq!(kept, [true, true, false, false]);
        let open = Said::by(&Script::acts([say("Half "), Act::Flood]));
        assert!(open.is_kept_in("Half word word") && !open.is_kept_in("word"));
    }
}
