//! One try of one delivery. Over HTTP: to a public address, over TLS, without redirects, within bounds
//! (F-06, F-11, T30, T44); by mail: see `post.rs`.

use std::{error::Error, sync::Arc, time::Duration};

use anyhow::Context;
use futures_util::StreamExt;
use lettre::Message;
use reqwest::{Client, Response, StatusCode, header, redirect::Policy};
use tokio::time::timeout;

use super::{
    adf, guard, payload,
    post::Post,
    resolve::{NotPublic, PublicOnly},
    sign::{self, Secret},
};
use crate::{
    clock::Clock,
    domain::{
        handover::{Handover, Vendor},
        mail::MailServer,
        notice::Notice,
        target::{Allowed, Target, TargetChannel},
    },
    limits::{DELIVERY_TIMEOUT, DRAIN_TIMEOUT, MAX_ANSWER_BYTES},
    llm::retry::read_retry_after,
};

/// What sends.
#[derive(Clone)]
pub struct Sender {
    http: Client,
    post: Option<Post>,
    allowed: Allowed,
    clock: Arc<dyn Clock>,
}

/// What is delivered.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A lead.
    Lead(&'a Handover),
    /// What became of one, or of its deliveries.
    Notice(&'a Notice),
}

impl<'a> Content<'a> {
    /// The dealership.
    pub fn vendor(self) -> &'a Vendor {
        match self {
            Self::Lead(lead) => &lead.vendor,
            Self::Notice(notice) => &notice.vendor,
        }
    }
}

/// A delivery to one target.
#[derive(Clone, Debug)]
pub struct Parcel<'a> {
    /// The delivery's id: the same in each try (F-05).
    pub id: &'a str,
    /// Whose lead it is.
    pub dealer: &'a str,
    /// To where.
    pub target: &'a Target,
    /// What signs it, where it goes to a webhook.
    pub secrets: &'a [Secret],
    /// What it brings.
    pub content: Content<'a>,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Went {
    /// What has come of it.
    pub outcome: Outcome,
    /// In few words of our own; nothing that the target has written.
    pub answer: String,
}

/// What has come of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted: the target has answered 2xx.
    Accepted,
    /// It is to be tried again, no sooner than the target asks for.
    Failed {
        /// The pause that it asks for.
        retry_after: Option<Duration>,
    },
    /// Some of the mailboxes have taken it; it is not sent to them once more, and the dealer is told.
    Partly,
    /// It is not taken as it stands, a mailbox that does not exist for example; it is tried again, since
    /// people mend such things, and the dealer is told at once.
    Refused,
    /// The target wants no more of it: 410.
    Unwanted,
}

/// A delivery as it is sent.
pub enum Packed {
    /// By POST.
    Request(Request),
    /// By mail.
    Letter(Box<Message>),
}

/// A request.
pub struct Request {
    /// Where to, as the dealer's file has it.
    pub url: String,
    /// The headers that say what it is, in order.
    pub headers: Vec<(&'static str, String)>,
    /// The exact body.
    pub body: String,
}

impl Packed {
    /// The whole of it, for whoever looks at it.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Request(Request { url, headers, body }) => {
                let head = headers.iter().map(|(name, value)| format!("  {name}: {value}"));
                let body = body.lines().map(|line| format!("  | {line}"));
                std::iter::once(format!("POST {url}")).chain(head).chain(body).collect()
            }
            Self::Letter(mail) => {
                let to: Vec<_> = mail.envelope().to().iter().map(ToString::to_string).collect();
                let text = String::from_utf8_lossy(&mail.formatted()).into_owned();
                let text = text.lines().map(|line| format!("  | {line}"));
                std::iter::once(format!("mail to {}", to.join(", "))).chain(text).collect()
            }
        }
    }
}

impl Sender {
    /// One for all targets; `allowed`: what the operator allows beyond public addresses, `mail`: who takes
    /// mails.
    pub fn new(
        allowed: Allowed,
        mail: Option<&MailServer>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let sender = Self::resolving(PublicOnly::new(allowed.clone()), allowed, clock)?;
        let post = mail.map(Post::new).transpose().context("the mail server can't be used")?;
        Ok(Self { post, ..sender })
    }

    fn resolving(
        names: PublicOnly,
        allowed: Allowed,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        // Installed already is as good: there is one provider of cryptography in this build.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = Client::builder()
            .dns_resolver(names)
            .redirect(Policy::none())
            .no_proxy()
            // A connection that is kept could be to an address that a name has left.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("forecourt/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, post: None, allowed, clock })
    }

    /// Whether mails can be sent.
    pub fn has_mail(&self) -> bool {
        self.post.is_some()
    }

    /// A delivery as it is sent now, or why it can't be.
    pub fn pack(&self, parcel: &Parcel<'_>) -> Result<Packed, String> {
        let now = self.clock.now().millis();
        let seconds = now.div_euclid(1_000);
        match &parcel.target.channel {
            TargetChannel::Webhook { url, payload, .. } => {
                let body = payload::write(parcel.content, parcel.dealer, *payload);
                let signature = sign::signature(parcel.secrets, parcel.id, seconds, &body);
                let headers = vec![
                    ("content-type", "application/json".to_owned()),
                    ("webhook-id", parcel.id.to_owned()),
                    ("webhook-timestamp", seconds.to_string()),
                    ("webhook-signature", signature),
                ];
                Ok(Packed::Request(Request { url: url.clone(), headers, body }))
            }
            TargetChannel::Adf { url } => {
                let Content::Lead(lead) = parcel.content else {
                    return Err("ADF has no words for it".to_owned());
                };
                let headers = vec![
                    ("content-type", "application/x-adf+xml; charset=utf-8".to_owned()),
                    ("idempotency-key", parcel.id.to_owned()),
                ];
                Ok(Packed::Request(Request { url: url.clone(), headers, body: adf::write(lead) }))
            }
            TargetChannel::Mail { to, format } => {
                let post = self.post.as_ref().ok_or("the operator has set no mail server")?;
                let mail = post.write(parcel, to, *format, now);
                Ok(Packed::Letter(Box::new(mail.map_err(|_| "it can't be written as a mail")?)))
            }
        }
    }

    /// Tries a delivery once.
    pub async fn send(&self, parcel: &Parcel<'_>) -> Went {
        match (self.pack(parcel), &self.post) {
            (Ok(Packed::Request(request)), _) => self.request(request).await,
            (Ok(Packed::Letter(mail)), Some(post)) => post.send(&mail).await,
            (Ok(Packed::Letter(_)), None) => failed("not sent: no mail server"),
            (Err(why), _) => failed(&format!("not sent: {why}")),
        }
    }

    async fn request(&self, request: Request) -> Went {
        let url = match guard::check(&request.url, &self.allowed) {
            Ok(url) => url,
            Err(refusal) => return failed(&format!("not sent: {refusal}")),
        };
        let (headers, body) = (request.headers, request.body);
        let request = headers
            .into_iter()
            .fold(self.http.post(url), |request, (name, value)| request.header(name, value));
        let response = match timeout(DELIVERY_TIMEOUT, request.body(body).send()).await {
            Err(_) => return failed("no answer in time"),
            Ok(Err(error)) => return failed(why(&error)),
            Ok(Ok(response)) => response,
        };
        let went = self.judge(&response);
        // Whatever becomes of its body, that was the answer.
        let _ = timeout(DRAIN_TIMEOUT, drain(response)).await;
        went
    }

    fn judge(&self, response: &Response) -> Went {
        let status = response.status();
        let outcome = match status {
            _ if status.is_success() => Outcome::Accepted,
            StatusCode::GONE => Outcome::Unwanted,
            _ => Outcome::Failed { retry_after: self.retry_after(response) },
        };
        let note = if status.is_redirection() { ", and redirects are not followed" } else { "" };
        Went { outcome, answer: format!("answered {}{note}", status.as_u16()) }
    }

    fn retry_after(&self, response: &Response) -> Option<Duration> {
        let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
        read_retry_after(value, self.clock.now())
    }
}

/// Reads some of an answer and throws it away: it is nobody's business here, and some targets take a
/// connection that is closed before its end for a failure of theirs.
async fn drain(response: Response) {
    let mut read = 0;
    let mut body = response.bytes_stream();
    while let Some(Ok(piece)) = body.next().await {
        read += piece.len();
        if MAX_ANSWER_BYTES <= read {
            break;
        }
    }
}

/// A try that failed before there was an answer.
pub(super) fn failed(answer: &str) -> Went {
    Went { outcome: Outcome::Failed { retry_after: None }, answer: answer.to_owned() }
}

/// In words of our own: an error may hold the URL, with a secret of the dealer's, and what the other side
/// has written.
fn why(error: &reqwest::Error) -> &'static str {
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return "not sent: its name stands for no public address";
        }
        if cause.is::<rustls::Error>() {
            return "can't connect: its certificate or TLS is not accepted";
        }
        source = cause.source();
    }
    if error.is_connect() { "can't connect" } else { "broken off before an answer" }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use tokio::net::TcpListener;

    use super::*;
    use crate::{
        clock::{ManualClock, Timestamp},
        domain::handover::tests::handover,
    };

    /// What is said where a name stands for this machine; and whether anybody has connected.
    async fn to_this_machine(allow: bool) -> (Went, bool) {
        let canary = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = canary.local_addr().unwrap().port();
        let target = Allowed::default().with(&format!("crm.example.com:{port}")).unwrap();
        let allowed = if allow { target } else { Allowed::default() };
        // Reqwest connects to the port of the URL.
        let names = PublicOnly::answering(allowed.clone(), SocketAddr::from(([127, 0, 0, 1], 0)));
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let mut sender = Sender::resolving(names, allowed, clock).unwrap();
        if !allow {
            // Past the look at the URL, which wants port 443: the resolver alone is on trial.
            sender.allowed = Allowed::default().with(&format!("crm.example.com:{port}")).unwrap();
        }
        let url = format!("https://crm.example.com:{port}/");
        let target = Target::new("crm".to_owned(), TargetChannel::Adf { url });
        let lead = handover();
        let content = Content::Lead(&lead);
        let parcel =
            Parcel { id: "dlv_1", dealer: "dlr_1", target: &target, secrets: &[], content };
        let accepting = async {
            canary.accept().await.is_ok_and(|(stream, _)| {
                drop(stream);
                true
            })
        };
        tokio::pin!(accepting);
        let (mut came, sending) = (false, sender.send(&parcel));
        tokio::pin!(sending);
        let went = loop {
            tokio::select! {
                went = &mut sending => break went,
                _ = &mut accepting, if !came => came = true,
            }
        };
        (went, came)
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_not_connected_to() {
        let (went, came) = to_this_machine(false).await;
        assert_eq!(went, failed("not sent: its name stands for no public address"));
        assert!(!came);
        // The control: allowed, it is connected to.
        let (went, came) = to_this_machine(true).await;
        assert_ne!(went, failed("not sent: its name stands for no public address"));
        assert!(came, "{went:?}");
    }
}
