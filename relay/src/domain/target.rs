//! To where a dealer has its leads delivered: one system each, named by the dealer.

mod allowed;
mod route;

use std::collections::BTreeMap;

use protocol::lead::LeadKind;
use serde::{Deserialize, Serialize};
use url::Url;

pub use allowed::Allowed;
pub use route::{PEOPLE, route};

/// One of a dealer's systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What the dealer calls it; unique within the dealer, and what deliveries are kept under.
    pub name: String,
    /// How it takes leads.
    #[serde(flatten)]
    pub channel: TargetChannel,
    /// Which kinds of leads it takes; empty: all, and a service request only where it does not read ADF, which
    /// would take it for a purchase (D-06).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<LeadKind>,
    /// Whether it takes them only while the dealership is open, or only while it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

/// When a target takes leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In opening hours.
    Open,
    /// Outside of them.
    Closed,
}

/// How a target takes leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum TargetChannel {
    /// JSON by Standard Webhooks, signed.
    Webhook {
        /// Where it listens.
        url: String,
        /// How much of the lead it is told.
        payload: Payload,
        /// Which of the secrets signs: counts how often it was changed, 1 is the first.
        secret: u32,
        /// Until when the one before signs too, where it was changed lately: milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overlap_until: Option<i64>,
    },
    /// ADF/XML 1.0 by POST.
    Adf {
        /// Where it listens.
        url: String,
    },
    /// A mail, by the operator's mail server.
    Mail {
        /// The mailboxes; each of them gets the same mail.
        to: Vec<String>,
        /// For whom it is written.
        format: MailFormat,
    },
}

/// For whom a mail is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFormat {
    /// For people.
    #[default]
    Text,
    /// For a system that reads ADF, and nothing but ADF (D-10).
    Adf,
}

/// How much of a lead a webhook is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// That there is one, and which: no copy of it lies elsewhere (F-09).
    #[default]
    Thin,
    /// All that was left, and the evidence of consent.
    Full,
}

impl Target {
    /// One that takes all leads at any time.
    pub fn new(name: String, channel: TargetChannel) -> Self {
        Self { name, channel, kinds: Vec::new(), when: None }
    }

    /// Whether it takes a lead of this kind; `is_open`: whether the dealership is open then, where it has
    /// said its hours.
    pub fn takes(&self, kind: LeadKind, is_open: Option<bool>) -> bool {
        let is_of_kind = match self.kinds.as_slice() {
            [] => kind != LeadKind::Service || !self.is_adf(),
            kinds => kinds.contains(&kind),
        };
        let is_its_time = match (self.when, is_open) {
            (None, _) | (_, None) => true,
            (Some(when), Some(is_open)) => (when == When::Open) == is_open,
        };
        is_of_kind && is_its_time
    }

    /// The word for its channel.
    pub fn word(&self) -> &'static str {
        match self.channel {
            TargetChannel::Webhook { .. } => "webhook",
            TargetChannel::Adf { .. } => "adf",
            TargetChannel::Mail { format: MailFormat::Text, .. } => "mail",
            TargetChannel::Mail { format: MailFormat::Adf, .. } => "adf_mail",
        }
    }

    /// The hosts that it is at, each once.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = match &self.channel {
            TargetChannel::Webhook { url, .. } | TargetChannel::Adf { url } => {
                let url = Url::parse(url).ok();
                url.iter().filter_map(Url::host_str).map(ToOwned::to_owned).collect()
            }
            TargetChannel::Mail { to, .. } => {
                to.iter().filter_map(|to| to.rsplit('@').next()).map(str::to_lowercase).collect()
            }
        };
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Whether it is reached by mail.
    pub fn is_mail(&self) -> bool {
        matches!(self.channel, TargetChannel::Mail { .. })
    }

    /// Whether it takes ADF, which has words for a lead and for nothing else.
    pub fn is_adf(&self) -> bool {
        matches!(
            self.channel,
            TargetChannel::Adf { .. } | TargetChannel::Mail { format: MailFormat::Adf, .. }
        )
    }

    /// This target as the dealer's file has it, with what is kept beside the file: which secret signs, by
    /// the name of the target.
    #[must_use]
    pub fn following(mut self, known: &[Self], secrets: &BTreeMap<String, u32>) -> Self {
        if let TargetChannel::Webhook { secret, overlap_until, .. } = &mut self.channel {
            *secret = secrets.get(&self.name).copied().unwrap_or(1);
            let same = known.iter().find(|known| known.name == self.name);
            if let Some(TargetChannel::Webhook { overlap_until: until, .. }) =
                same.map(|same| &same.channel)
            {
                *overlap_until = *until;
            }
        }
        self
    }
}
