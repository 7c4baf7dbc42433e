//! A prompt in no provider's format, which only a redactor can make (B-50).

use std::fmt;

use super::Clean;

/// Who speaks in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The visitor, and the data that goes with the question.
    User,
    /// The assistant.
    Assistant,
}

impl Role {
    /// The word that all providers use.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of a prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct PromptMessage {
    role: Role,
    text: String,
}

impl PromptMessage {
    /// Who speaks.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The words.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A prompt: one system text, then user and assistant in turn. Each client of a provider takes one
/// and nothing else, so what is in none reaches no provider.
///
/// Only a [`Redactor`](super::Redactor) makes one:
///
/// ```
/// use relay::redact::{Clean, Redaction, RedactedPrompt, Redactor, Role};
///
/// let mut redactor = Redactor::new(Redaction::Balanced);
/// let asked = redactor.said("Call me on 07700 900123");
/// let (prompt, _) = redactor.prompt(Clean::ours("Be short."), vec![(Role::User, asked)]);
/// let prompt: RedactedPrompt = prompt;
/// assert_eq!(prompt.messages()[0].text(), "Call me on [PHONE_1]");
/// ```
///
/// Elsewhere its fields are out of reach, to fill in and to change:
///
/// ```compile_fail,E0451
/// use relay::redact::RedactedPrompt;
///
/// let prompt = RedactedPrompt { system: "Be short.".to_owned(), messages: Vec::new() };
/// ```
///
/// ```compile_fail,E0616
/// use relay::redact::{Clean, Redaction, Redactor};
///
/// let (mut prompt, _) = Redactor::new(Redaction::Balanced).prompt(Clean::default(), Vec::new());
/// prompt.system = "Call me on 07700 900123".to_owned();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedPrompt {
    system: String,
    messages: Vec<PromptMessage>,
}

impl RedactedPrompt {
    pub(super) fn new(system: Clean, turns: Vec<(Role, Clean)>) -> Self {
        let message =
            |(role, text): (Role, Clean)| PromptMessage { role, text: text.into_string() };
        let messages = turns.into_iter().map(message).collect();
        Self { system: system.into_string(), messages }
    }

    /// The instructions and the dealer's facts.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The turns.
    pub fn messages(&self) -> &[PromptMessage] {
        &self.messages
    }

    /// How many characters it has.
    pub fn chars(&self) -> usize {
        let turns = self.messages.iter().map(|message| message.text.chars().count());
        self.system.chars().count() + turns.sum::<usize>()
    }
}

/// Prints how much, never the words.
impl fmt::Debug for RedactedPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactedPrompt")
            .field("system_chars", &self.system.chars().count())
            .field("messages", &self.messages.len())
            .finish()
    }
}
