//! A lead comes by mail, over TLS or not at all; a mail server that fails loses none; and whoever has got a
//! lead is told what became of it.

use std::{collections::BTreeSet, time::Duration};

use forecourt_tests::{
    relay::TestRelay,
    sink::{Answer, Sink},
    smtp::{Mail, MailSink, Reply},
    visitor::Visitor,
};
use mail_parser::MessageParser;
use protocol::lead::{Channel, LeadFields};
use relay::{
    clock::Clock,
    config::Config,
    domain::{
        dealer::Dealer,
        mail::{MailServer, MailTls},
        target::{Allowed, MailFormat, Payload, Target, TargetChannel},
    },
    store::Ledger,
};

/// A relay whose first dealer has its leads sent to people and to a system, by this server.
async fn relay_by(server: MailServer) -> anyhow::Result<TestRelay> {
    relay_beside(server, Allowed::default()).await
}

/// The same, and the operator allows some systems on this machine.
async fn relay_beside(server: MailServer, allowed: Allowed) -> anyhow::Result<TestRelay> {
    let change = |config: &mut Config| {
        (config.mail, config.private_targets) = (Some(server), allowed);
    };
    let relay = TestRelay::with(change).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    dealer.deliver = vec![
        mail("people", &["sales@dealer.example", "boss@dealer.example"], MailFormat::Text),
        mail("vendor", &["leads@vendor.example"], MailFormat::Adf),
    ];
    relay.store().update_dealer(&dealer).await?;
    Ok(relay)
}

fn mail(name: &str, to: &[&str], format: MailFormat) -> Target {
    let to = to.iter().map(|to| (*to).to_owned()).collect();
    Target::new(name.to_owned(), TargetChannel::Mail { to, format })
}

async fn leave(relay: &TestRelay, message: &str) -> anyhow::Result<Visitor> {
    let mut visitor = relay.visitor().await?;
    let fields = LeadFields {
        name: Some("Sam O’Neil".to_owned()),
        email: Some("sam@example.org".to_owned()),
        message: Some(message.to_owned()),
        ..LeadFields::default()
    };
    anyhow::ensure!(visitor.lead(fields, Vec::new()).await?.is_ok(), "the lead is taken");
    Ok(visitor)
}

/// The mail to somebody.
fn to<'m>(mails: &'m [Mail], address: &str) -> anyhow::Result<&'m Mail> {
    let found = mails.iter().find(|mail| mail.to.iter().any(|to| to == address));
    found.ok_or_else(|| anyhow::anyhow!("no mail to {address} among {}", mails.len()))
}

fn id(mail: &Mail) -> String {
    let read = MessageParser::default().parse(mail.data.as_bytes());
    read.and_then(|read| read.message_id().map(ToOwned::to_owned)).unwrap_or_default()
}

#[tokio::test]
async fn a_lead_comes_to_people_and_to_a_system_by_either_kind_of_tls() -> anyhow::Result<()> {
    for mode in [MailTls::StartTls, MailTls::Implicit] {
        let sink = MailSink::start(mode).await?;
        let mut relay = relay_by(sink.server()).await?;
        leave(&relay, "Is it there?\n.\n..two dots\nQUIT\n").await?;
        // Each mailbox has a mail of its own, of one id.
        let came = sink.wait_for(3).await?;
        let people = to(&came, "sales@dealer.example")?;
        assert_eq!(people.to, ["sales@dealer.example"]);
        assert_eq!(id(people), id(to(&came, "boss@dealer.example")?));
        assert_eq!(people.from, "chat@operator.example");
        assert!(came.iter().all(|mail| mail.is_logged_in));
        let read = MessageParser::default().parse(people.data.as_bytes());
        let text = read.as_ref().and_then(|read| read.body_text(0)).unwrap_or_default();
        assert!(text.contains("  .\r\n  ..two dots\r\n  QUIT"), "{text}");
        let system = to(&came, "leads@vendor.example")?;
        let (head, body) = system.data.split_once("\r\n\r\n").unwrap_or_default();
        assert!(body.starts_with("<?xml version=\"1.0\""), "{body}");
        assert!(body.contains("\r\n.\r\n..two dots\r\n"), "{body}");
        assert!(head.contains("text/plain") && !head.contains("multipart"), "{head}");
        let done = relay.deliveries(|all| all.iter().all(|one| one.state == "delivered")).await?;
        assert_eq!(done.len(), 2);
        relay.stop().await?;
        assert_eq!(sink.came().len(), 3, "one transaction for each");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_without_tls_or_to_a_server_that_can_not_prove_its_name()
-> anyhow::Result<()> {
    let (plain, sink) = (MailSink::without_tls().await?, MailSink::start(MailTls::Implicit).await?);
    let stranger = MailServer { roots: None, ..sink.server() };
    let misnamed = MailServer { host: "127.0.0.1".to_owned(), ..sink.server() };
    for server in [plain.server(), stranger, misnamed] {
        let mut relay = relay_by(server.clone()).await?;
        leave(&relay, "Is it there?").await?;
        let failed = relay.deliveries(|all| all.iter().all(|one| one.answer.is_some())).await?;
        assert!(failed.iter().all(|one| one.state == "pending"), "{failed:?}");
        relay.stop().await?;
    }
    assert!(plain.came().is_empty() && sink.came().is_empty());
    // The control: as it is meant to be, it comes.
    let mut relay = relay_by(sink.server()).await?;
    leave(&relay, "Is it there?").await?;
    sink.wait_for(3).await?;
    relay.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_mail_server_that_fails_gets_it_again_under_one_id_and_the_dealer_is_told()
-> anyhow::Result<()> {
    let sink = MailSink::start(MailTls::StartTls).await?;
    let mut relay = relay_by(sink.server()).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    dealer.deliver = vec![mail("people", &["sales@dealer.example"], MailFormat::Text)];
    relay.store().update_dealer(&dealer).await?;
    // Grey-listed, shut down, taken without a word, and a mailbox that does not exist.
    sink.next([Reply::Recipient(451), Reply::Data(421), Reply::Lost, Reply::Recipient(550)]);
    leave(&relay, "Is it there?").await?;
    let answers = ["answered 451", "answered 421", "can't reach the mail server, or it broke off"];
    for (tries, wanted) in (1..).zip(answers) {
        let found = relay
            .deliveries(|all| {
                all.iter().any(|one| one.attempts == tries && one.answer.as_deref() == Some(wanted))
            })
            .await?;
        let lead = found.iter().find(|one| one.event == "lead");
        let due = lead.map(|one| one.due).unwrap_or_default();
        relay.clock.advance(due.since(relay.clock.now()));
    }
    // After three failures the dealer is told, by a mail that is refused itself, and comes all the same.
    let one = |all: &[Ledger], event: &str| all.iter().find(|one| one.event == event).cloned();
    let refused = |all: &[Ledger]| {
        one(all, "delivery.failing").is_some_and(|it| it.answer.as_deref() == Some("answered 550"))
    };
    let all = relay.deliveries(refused).await?;
    for (event, count) in [("delivery.failing", 2), ("lead", 3)] {
        let due = one(&all, event).map(|one| one.due).unwrap_or_default();
        relay.clock.advance(due.since(relay.clock.now()));
        sink.wait_for(count).await?;
    }
    let came = sink.came();
    let leads: Vec<_> =
        came.iter().filter(|mail| mail.to.contains(&"sales@dealer.example".to_owned())).collect();
    assert_eq!(leads.len(), 2, "once more than it was taken, at most");
    assert_eq!(leads.iter().map(|mail| id(mail)).collect::<BTreeSet<_>>().len(), 1, "one id");
    let alarm = came.iter().find(|mail| mail.data.contains("does not take leads"));
    let alarm = alarm.ok_or_else(|| anyhow::anyhow!("nobody was told"))?;
    assert!(!alarm.data.contains("sam@"), "{}", alarm.data);
    relay.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_no_stop() -> anyhow::Result<()> {
    let sink = MailSink::start(MailTls::StartTls).await?;
    sink.next([Reply::Hang, Reply::Hang]);
    let mut relay = relay_by(sink.server()).await?;
    leave(&relay, "Is it there?").await?;
    relay.deliveries(|all| all.iter().all(|one| one.tried_at.is_some())).await?;
    relay.restart().await?;
    relay.clock.advance(Duration::from_hours(24));
    sink.wait_for(3).await?;
    Ok(())
}

#[tokio::test]
async fn a_mailbox_that_is_gone_keeps_a_lead_from_no_other_and_the_dealer_is_told()
-> anyhow::Result<()> {
    let sink = MailSink::start(MailTls::StartTls).await?;
    let mut relay = relay_by(sink.server()).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    dealer.deliver.truncate(1);
    relay.store().update_dealer(&dealer).await?;
    sink.next([Reply::Recipient(550)]);
    leave(&relay, "Is it there?").await?;
    let came = sink.wait_for(2).await?;
    let lead = to(&came, "boss@dealer.example")?;
    assert!(lead.data.contains("Is it there?"), "{}", lead.data);
    let alarm = to(&came, "sales@cars.example")?;
    assert!(alarm.data.contains("does not take leads"), "{}", alarm.data);
    let all = relay.deliveries(|all| all.iter().all(|one| one.state == "delivered")).await?;
    let answers: Vec<_> = all.iter().filter_map(|one| one.answer.as_deref()).collect();
    assert!(answers.contains(&"taken for 1 of 2; answered 550"), "{answers:?}");
    relay.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_was_sent_is_followed_by_what_became_of_it_and_what_was_not_is_never_sent()
-> anyhow::Result<()> {
    let (sink, hook) = (MailSink::start(MailTls::StartTls).await?, Sink::start().await?);
    let down = Sink::start().await?;
    down.next([Answer::Status(503)]);
    let sinks = [&hook, &down];
    let allowed = sinks.iter().try_fold(Allowed::default(), |all, one| all.with(&one.target()));
    let mut relay = relay_beside(sink.server(), allowed.unwrap_or_default()).await?;
    let mut dealer = Dealer::clone(&*relay.first_dealer()?);
    for (name, sink) in [("crm", &hook), ("late", &down)] {
        let (url, payload) = (sink.url("/"), Payload::Full);
        let channel = TargetChannel::Webhook { url, payload, secret: 1, overlap_until: None };
        dealer.deliver.push(Target::new(name.to_owned(), channel));
    }
    dealer.marketing = vec![Channel::Email];
    relay.store().update_dealer(&dealer).await?;
    let visitor = leave(&relay, "Is it there?").await?;
    let all = relay.deliveries(|all| all.iter().all(|one| one.answer.is_some())).await?;
    assert_eq!(all.iter().filter(|one| one.state == "delivered").count(), 3, "{all:?}");
    let lead = all[0].lead.clone();
    let rows = relay.store().dealer(&dealer.id);
    let token = visitor.token.clone().ok_or_else(|| anyhow::anyhow!("no token"))?;
    let chat = rows.resume(&token).await?.ok_or_else(|| anyhow::anyhow!("no chat"))?.id;
    anyhow::ensure!(rows.erase(&chat).await?.is_some(), "it was there");
    // The mails to people, and to the dealer for the system that reads ADF alone.
    let came = sink.wait_for(6).await?;
    for address in ["sales@dealer.example", "sales@cars.example"] {
        let told = came.iter().filter(|mail| mail.to.iter().any(|to| to == address));
        let told: Vec<_> = told.filter(|mail| mail.data.contains("Please delete lead")).collect();
        assert_eq!(
            told.len(),
            1,
            "{address}: {:?}",
            came.iter().map(|m| &m.to).collect::<Vec<_>>()
        );
        assert!(told[0].data.contains(&lead), "{}", told[0].data);
    }
    let told = hook.wait_for(2).await?;
    let body: serde_json::Value = serde_json::from_str(&told[1].body)?;
    assert_eq!(body["type"], "subject.erased");
    assert_eq!(body["data"]["lead"], lead.as_str());
    assert_ne!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    // The system that was down never gets the lead; it may have, so it is told as well.
    relay.clock.advance(Duration::from_hours(24));
    let late = down.wait_for(2).await?;
    assert!(late[1].body.contains("subject.erased") && !late[1].body.contains("Sam"));
    relay.deliveries(|all| all.iter().all(|one| one.state == "delivered")).await?;
    relay.stop().await?;
    assert_eq!((hook.came().len(), down.came().len()), (2, 2));
    Ok(())
}
