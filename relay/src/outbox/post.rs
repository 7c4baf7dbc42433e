//! One try of one delivery by mail: over TLS to the operator's mail server, which takes it from there (T29).

use std::time::{Duration, SystemTime};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
        response::Severity,
    },
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{
    mail,
    send::{Outcome, Parcel, Went, failed},
};
use crate::{
    domain::{
        mail::{MailServer, MailTls},
        target::MailFormat,
    },
    limits::MAIL_TIMEOUT,
};

/// What sends mails.
#[derive(Clone)]
pub(super) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
}

impl Post {
    pub(super) fn new(server: &MailServer) -> Result<Self, Error> {
        let mut tls = TlsParameters::builder(server.host.clone());
        for root in certificates(server.roots.as_deref().unwrap_or_default()) {
            tls = tls.add_root_certificate(Certificate::from_pem(&root)?);
        }
        let tls = tls.build_rustls()?;
        let domain = server.from.rsplit('@').next().unwrap_or_default().to_owned();
        let mut transport =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.clone())
                .port(server.port)
                .hello_name(ClientId::Domain(domain))
                .tls(match server.tls {
                    MailTls::Implicit => Tls::Wrapper(tls),
                    MailTls::StartTls => Tls::Required(tls),
                });
        if let Some((user, password)) = &server.login {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: transport.build(), from: server.from.clone() })
    }

    /// The mail of a parcel, at a moment in milliseconds since 1970.
    pub(super) fn write(
        &self,
        parcel: &Parcel<'_>,
        to: &[String],
        format: MailFormat,
        now: i64,
    ) -> Result<Message, lettre::error::Error> {
        let since = Duration::from_millis(u64::try_from(now).unwrap_or(0));
        mail::write(parcel, to, format, &self.from, SystemTime::UNIX_EPOCH + since)
    }

    /// Hands a mail over once, to each mailbox by itself: one that does not exist keeps it from no other. Each
    /// has a connection of its own, so that what a server says too late is no answer to something else.
    pub(super) async fn send(&self, mail: &Message) -> Went {
        let (text, to) = (mail.formatted(), mail.envelope().to());
        let (mut taken, mut refused) = (0, None);
        let sending = async {
            for mailbox in to {
                match self.send_to(mail, mailbox.clone(), &text).await {
                    Ok(()) => taken += 1,
                    Err(went) => refused = Some(went),
                }
            }
        };
        if timeout(MAIL_TIMEOUT, sending).await.is_err() {
            refused = Some(failed("no answer in time"));
        }
        match refused {
            None => Went { outcome: Outcome::Accepted, answer: "answered 250".to_owned() },
            Some(refused) if taken == 0 => refused,
            Some(refused) => Went {
                outcome: Outcome::Partly,
                answer: format!("taken for {taken} of {}; {}", to.len(), refused.answer),
            },
        }
    }

    async fn send_to(&self, mail: &Message, to: lettre::Address, text: &[u8]) -> Result<(), Went> {
        let envelope = Envelope::new(mail.envelope().from().cloned(), vec![to]);
        let envelope = envelope.map_err(|_| failed("not sent: it has no recipient"))?;
        match self.transport.send_raw(&envelope, text).await {
            Ok(said) if said.code().severity == Severity::PositiveCompletion => Ok(()),
            Ok(said) => Err(failed(&format!("answered {}", said.code()))),
            Err(error) => Err(judge(&error)),
        }
    }
}

/// In words of our own: what a mail server writes may hold addresses.
fn judge(error: &Error) -> Went {
    let outcome =
        if error.is_permanent() { Outcome::Refused } else { Outcome::Failed { retry_after: None } };
    let answer = match error.status() {
        Some(code) => format!("answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "the mail server's certificate or TLS is not accepted".to_owned(),
        None if error.is_client() => {
            "not sent: the mail server offers no TLS or no login".to_owned()
        }
        None => "can't reach the mail server, or it broke off".to_owned(),
    };
    Went { outcome, answer }
}

/// Each certificate of a PEM file by itself.
fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    text.split_inclusive(END)
        .filter(|part| part.contains(END))
        .map(|part| part.as_bytes().to_vec())
        .collect()
}
