//! A dealer: the tenant to whom each row belongs, as it stands in the database. How a
//! `dealer.toml` becomes one is in `dealer/file.rs`.

pub mod colour;
pub mod file;

use std::collections::BTreeMap;

use protocol::{
    DealerId, SiteKey,
    dealer::Theme,
    lead::{Channel, FieldKind, FormField, LeadKind},
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    domain::{
        hours::Hours,
        retention::RetentionPolicy,
        target::{Target, TargetChannel},
    },
    limits::ACCOUNT_LIFE,
    redact::Redaction,
};

/// One dealer. Kept as JSON in the database: a new field needs a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dealer {
    /// Its id; made when it is added, never changed.
    pub id: DealerId,
    /// The trading name.
    pub name: String,
    /// The languages of its chat, the default first.
    pub languages: Vec<String>,
    /// ISO 3166-1 alpha-2; decides how telephone numbers are read (D-60).
    pub country: String,
    /// The IANA time zone of its opening hours.
    pub timezone: String,
    /// Its own privacy policy (A-T1h).
    pub privacy_url: String,
    /// Who it is in law: the controller.
    pub legal: Legal,
    /// How a person there can be reached.
    #[serde(default)]
    pub contact: DealerContact,
    /// Its sites, each with the origins that may embed the chat.
    pub sites: Vec<Site>,
    /// Its colours, contrast checked (E-06).
    #[serde(default)]
    pub theme: Theme,
    /// Its opening hours, if it gave any.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// The name of its assistant where it has one of its own; always holds "AI" (C-02).
    #[serde(default)]
    pub assistant: Option<String>,
    /// A sentence of its own in the second layer of the notice.
    #[serde(default)]
    pub notice_extra: Option<String>,
    /// The first line of the transcript, in its own words.
    #[serde(default)]
    pub greeting: Option<String>,
    /// Questions that may be sent with one press.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// The fields of its form for enquiries, in order.
    pub form: Vec<FormField>,
    /// Its forms for other wishes, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<WishForm>,
    /// The channels for which it asks consent to marketing (B-23).
    #[serde(default)]
    pub marketing: Vec<Channel>,
    /// To where its leads are delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliver: Vec<Target>,
    /// Which secret signs for each webhook that ever had its secret changed, by its name: kept beyond the
    /// webhook, so that none that was changed is in force again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, u32>,
    /// How long its conversations are kept.
    pub retention: RetentionPolicy,
    /// Who answers its visitors.
    #[serde(default)]
    pub provider: DealerProvider,
    /// How much is taken out of its visitors' words before a model gets them (B-51).
    #[serde(default)]
    pub redaction: Redaction,
    /// How many tokens a model may spend on it in a day, where it differs from the operator's.
    #[serde(default)]
    pub tokens_per_day: Option<u64>,
    /// Whether its chat is open.
    #[serde(default)]
    pub status: DealerStatus,
    /// When its account ended: frozen since then, and deleted with all its rows and keys after
    /// `ACCOUNT_LIFE` (A-C7a).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Dealer {
    /// Whether visitors may reach it.
    pub fn is_active(&self) -> bool {
        self.status == DealerStatus::Active && self.ended_at.is_none()
    }

    /// The fields of its form for a wish; `None` where it does not offer it.
    pub fn fields_for(&self, kind: LeadKind) -> Option<&[FormField]> {
        if kind == LeadKind::Enquiry {
            return Some(&self.form);
        }
        self.forms.iter().find(|form| form.kind == kind).map(|form| form.fields.as_slice())
    }

    /// Each field of any of its forms, required where the form for enquiries requires it.
    pub fn all_fields(&self) -> Vec<FormField> {
        let others = self.forms.iter().flat_map(|form| &form.fields);
        let asks =
            |kind: &FieldKind| self.form.iter().chain(others.clone()).any(|f| f.kind == *kind);
        let is_required = |kind| self.form.iter().any(|field| field.kind == kind && field.required);
        let known = FieldKind::ALL.into_iter().filter(asks);
        known.map(|kind| FormField { kind, required: is_required(kind) }).collect()
    }

    /// Has another secret sign for a webhook from now on, and both until a moment; false where there is no
    /// webhook of this name.
    pub fn change_secret(&mut self, name: &str, both_until: Timestamp) -> bool {
        let target = self.deliver.iter_mut().find(|target| target.name == name);
        let Some(TargetChannel::Webhook { secret, overlap_until, .. }) =
            target.map(|target| &mut target.channel)
        else {
            return false;
        };
        *secret = secret.saturating_add(1);
        *overlap_until = Some(both_until.millis());
        self.secrets.insert(name.to_owned(), *secret);
        true
    }

    /// When all of it is deleted, where its account has ended.
    pub fn gone_at(&self) -> Option<Timestamp> {
        self.ended_at.map(|at| at.plus(ACCOUNT_LIFE))
    }
}

/// The form for one wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishForm {
    /// The wish; never an enquiry.
    pub kind: LeadKind,
    /// The fields, in order.
    pub fields: Vec<FormField>,
}

/// Who a dealer is in law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legal {
    /// The registered name.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The country, in words.
    pub country: String,
    /// Where to write about personal data.
    pub email: String,
    /// A telephone number for the same.
    #[serde(default)]
    pub phone: Option<String>,
    /// The number in the company register.
    #[serde(default)]
    pub company_number: Option<String>,
}

/// How a person at the dealer's can be reached by a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealerContact {
    /// The telephone number, as the dealer writes it.
    #[serde(default)]
    pub phone: Option<String>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
}

/// One site of a dealer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its public name in the snippet.
    pub key: SiteKey,
    /// What the dealer calls it.
    pub name: String,
    /// The origins that may embed the chat: scheme, host and port, nothing more.
    pub origins: Vec<String>,
}

/// Who answers a dealer's visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealerProvider {
    /// Whoever answers on this relay.
    #[default]
    Relay,
    /// Its own documents: no model ever gets its visitors' words.
    Documents,
}

/// Whether a dealer's chat is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealerStatus {
    /// It answers.
    #[default]
    Active,
    /// Its sites are unknown to visitors until it is active again; its data ages on.
    Paused,
}
