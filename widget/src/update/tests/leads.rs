//! Leaving details: seen before they are sent, sent once, never lost.

use protocol::{
    ClientMessage, FailureCode, LeadId, ServerMessage,
    failure::{Failure, FieldProblem, Problem},
    lead::{FieldKind, FormField, KindForm, LeadKind},
    server::Resumed,
};

use super::cast::*;
use crate::{
    effect::{Effect, Target},
    event::{Event, Heard, TimerId, Visitor},
    lead::Stage,
    limits::OPEN_NOW_MS,
    model::{NoteKind, Panel},
    screen,
};

/// The form is filled in and its review is open.
fn reviewed(chat: &mut Chat) {
    chat.act(Visitor::OpenLead);
    chat.act(Visitor::Field(FieldKind::Name, "Ada".to_owned()));
    chat.act(Visitor::Field(FieldKind::Email, "ada@example.com".to_owned()));
    chat.act(Visitor::Review);
}

fn leads(chat: &mut Chat) -> Vec<(protocol::ClientMsgId, bool)> {
    let leads = chat.sent().into_iter().filter_map(|message| match message {
        ClientMessage::Lead { client_msg_id, consents, .. } => {
            Some((client_msg_id, consents.iter().any(|consent| consent.given)))
        }
        _ => None,
    });
    leads.collect()
}

fn taken(n: u8) -> ServerMessage {
    ServerMessage::LeadTaken { client_msg_id: msg_id(n), lead: LeadId::from_bytes(&[7; 16]) }
}

#[test]
fn details_are_never_sent_before_their_review() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenLead);
    chat.act(Visitor::Field(FieldKind::Email, "ada@example.com".to_owned()));
    chat.act(Visitor::SendLead(msg_id(1)));
    assert!(leads(&mut chat).is_empty() && chat.model.outbox.is_empty());
}

#[test]
fn a_form_that_needs_mending_says_so_and_leads_to_the_field() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenLead);
    chat.effects.clear();
    chat.act(Visitor::Review);
    assert_eq!(chat.model.lead.problem("name"), Some(Problem::Missing));
    assert!(chat.effects.contains(&Effect::Focus(Target::Problem)));
    assert_eq!(chat.spoken(), ["Your details were not sent. Please check the form."]);
}

#[test]
fn details_are_taken_under_a_reference_that_the_visitor_sees() {
    let mut chat = Chat::ready();
    reviewed(&mut chat);
    assert_eq!(chat.model.lead.stage, Stage::Reviewing);
    chat.act(Visitor::SendLead(msg_id(1)));
    assert_eq!(leads(&mut chat), [(msg_id(1), false)], "no box is ticked by itself");
    chat.hear(taken(1));
    let reference = LeadId::from_bytes(&[7; 16]).to_string();
    assert_eq!(chat.model.lead.stage, Stage::Taken(reference.clone()));
    assert_eq!(chat.model.notes[0].kind, NoteKind::LeadTaken(reference));
    assert_eq!(chat.happened("lead-sent"), 1);
    chat.hear(taken(1));
    assert_eq!((chat.model.notes.len(), chat.happened("lead-sent")), (1, 1));
}

#[test]
fn details_left_without_a_link_wait_and_are_sent_once() {
    let mut chat = Chat::ready();
    chat.close(1006);
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    chat.act(Visitor::SendLead(msg_id(2)));
    assert!(leads(&mut chat).is_empty());
    assert_eq!(chat.model.outbox.len(), 1);
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(leads(&mut chat), [(msg_id(1), false)]);
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.link_up(Resumed::Complete, Vec::new());
    assert_eq!(leads(&mut chat), [(msg_id(1), false)], "the same id again");
}

#[test]
fn details_that_wait_survive_the_next_page() {
    let mut chat = Chat::ready();
    chat.close(1006);
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    let mut next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    assert_eq!(next.model.lead.stage, Stage::Sending(msg_id(1)));
    next.link_up(Resumed::New, Vec::new());
    assert_eq!(leads(&mut next), [(msg_id(1), false)]);
}

#[test]
fn what_the_relay_refuses_comes_back_to_the_form_and_goes_out_under_a_new_id() {
    let mut chat = Chat::ready();
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    let mut failure = Failure::new(FailureCode::LeadInvalid, "for a developer").of(msg_id(1));
    failure.fields = vec![FieldProblem { field: "email".to_owned(), problem: Problem::NotAnEmail }];
    chat.hear(ServerMessage::Failed(failure));
    assert_eq!(chat.model.lead.stage, Stage::Filling);
    assert_eq!(chat.model.lead.problem("email"), Some(Problem::NotAnEmail));
    chat.act(Visitor::Field(FieldKind::Email, "ada@example.org".to_owned()));
    chat.act(Visitor::Review);
    chat.effects.clear();
    chat.act(Visitor::SendLead(msg_id(2)));
    assert_eq!(leads(&mut chat), [(msg_id(2), false)]);
    assert_eq!(chat.model.outbox.len(), 1);
}

#[test]
fn the_same_details_keep_their_id_when_the_relay_could_not_keep_them() {
    let mut chat = Chat::ready();
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    chat.hear(failed(FailureCode::StorageFull, Some(1), None));
    chat.effects.clear();
    chat.act(Visitor::SendLead(msg_id(2)));
    assert_eq!(leads(&mut chat), [(msg_id(1), false)]);
}

#[test]
fn a_box_that_the_visitor_ticked_is_sent_as_ticked() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenLead);
    chat.act(Visitor::Tick(0, true));
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    assert_eq!(leads(&mut chat), [(msg_id(1), true)]);
}

#[test]
fn the_form_keeps_what_was_typed_while_the_panel_is_closed() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenPerson);
    chat.act(Visitor::Field(FieldKind::Name, "Ada".to_owned()));
    chat.act(Visitor::ClosePanel);
    chat.act(Visitor::OpenLead);
    assert_eq!(chat.model.panel, Panel::Lead);
    assert_eq!(chat.model.lead.fields.name.as_deref(), Some("Ada"));
}

#[test]
fn that_a_dealer_is_open_is_not_said_long_after_it_was_told() {
    let mut chat = Chat::ready();
    let dealer = chat.model.dealer.as_mut().unwrap();
    dealer.contact.open_now = Some(true);
    chat.act(Visitor::OpenPerson);
    assert_eq!(screen::open_now(&chat.model), Some(true));
    chat.act(Visitor::ClosePanel);
    chat.now_ms += OPEN_NOW_MS + 1;
    chat.act(Visitor::OpenPerson);
    assert_eq!(screen::open_now(&chat.model), None, "it may have closed meanwhile");
}

#[test]
fn a_blip_of_the_link_leaves_the_form_as_it_stands() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenLead);
    let version = chat.model.panel_version;
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.link_up(Resumed::New, Vec::new());
    assert_eq!(chat.model.panel_version, version);
    // Other words beside a box are another form.
    chat.close(1006);
    chat.due(TimerId::Reconnect);
    chat.tell(Event::Link(Heard::Opened));
    let ServerMessage::Welcome(mut other) = welcome(Resumed::New, Vec::new(), None) else {
        panic!("a welcome")
    };
    other.dealer.lead_form.consents[0].version = "v2".to_owned();
    chat.hear(ServerMessage::Welcome(other));
    assert!(version < chat.model.panel_version);
}

#[test]
fn a_person_can_be_asked_for_before_the_first_welcome() {
    let mut chat = Chat::opened();
    chat.act(Visitor::OpenPerson);
    assert_eq!(chat.model.panel, Panel::Person);
    assert!(chat.effects.contains(&Effect::Focus(Target::Panel)));
    let version = chat.model.panel_version;
    chat.link_up(Resumed::New, Vec::new());
    assert!(version < chat.model.panel_version, "the form comes with the welcome");
}

#[test]
fn a_half_filled_form_is_kept_for_the_next_page_once_something_was_sent() {
    let mut chat = Chat::ready();
    chat.act(Visitor::OpenLead);
    chat.act(Visitor::Field(FieldKind::Name, "Ada".to_owned()));
    assert!(chat.timer(TimerId::SaveDraft).is_none());
    chat.say(1, "one");
    chat.act(Visitor::Tick(0, true));
    assert!(chat.timer(TimerId::SaveDraft).is_some());
    let mut next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    assert_eq!(next.model.lead.fields.name.as_deref(), Some("Ada"));
    assert_eq!(next.model.lead.stage, Stage::Filling);
    next.link_up(Resumed::New, Vec::new());
    let form = &next.model.dealer.as_ref().unwrap().lead_form;
    assert!(next.model.lead.ticked(&form.consents[0]));
}

#[test]
fn details_that_were_refused_wait_for_the_visitor_on_the_next_page_too() {
    let mut chat = Chat::ready();
    reviewed(&mut chat);
    chat.act(Visitor::SendLead(msg_id(1)));
    chat.hear(failed(FailureCode::StorageFull, Some(1), None));
    let mut next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    next.link_up(Resumed::New, Vec::new());
    assert!(leads(&mut next).is_empty());
    assert_eq!(next.model.lead.stage, Stage::Filling);
    assert_eq!(next.model.lead.fields.name.as_deref(), Some("Ada"));
}

/// The dealer of the chat has a form for test drives, too.
fn with_test_drives(chat: &mut Chat) {
    let form = &mut chat.model.dealer.as_mut().unwrap().lead_form;
    let field = |kind| FormField { kind, required: false };
    let of = |kind, fields| KindForm { kind, title: "A title".to_owned(), fields };
    form.kinds = vec![
        of(LeadKind::Enquiry, form.fields.clone()),
        of(LeadKind::TestDrive, vec![field(FieldKind::Email), field(FieldKind::Time)]),
    ];
}

#[test]
fn an_offer_of_a_form_opens_it_and_leaves_what_was_typed() {
    let mut chat = Chat::ready();
    with_test_drives(&mut chat);
    reviewed(&mut chat);
    chat.act(Visitor::ClosePanel);
    chat.act(Visitor::OpenForm(LeadKind::TestDrive));
    assert_eq!((&chat.model.lead.stage, chat.model.panel), (&Stage::Filling, Panel::Lead));
    chat.act(Visitor::Field(FieldKind::Time, "10:30".to_owned()));
    chat.act(Visitor::Review);
    chat.effects.clear();
    chat.act(Visitor::SendLead(msg_id(1)));
    let sent = chat.sent();
    let [ClientMessage::Lead { kind, fields, .. }] = sent.as_slice() else { panic!("a lead") };
    assert_eq!((*kind, fields.time.as_deref()), (LeadKind::TestDrive, Some("10:30")));
    assert_eq!((fields.email.as_deref(), &fields.name), (Some("ada@example.com"), &None));
    // Nothing of it changes while it is on its way.
    chat.act(Visitor::Choose(LeadKind::Enquiry));
    assert_eq!(chat.model.lead.kind, LeadKind::TestDrive);
}

#[test]
fn a_time_that_is_half_filled_in_is_told_and_not_left_out() {
    let mut chat = Chat::ready();
    with_test_drives(&mut chat);
    chat.act(Visitor::OpenForm(LeadKind::TestDrive));
    chat.act(Visitor::Field(FieldKind::Email, "ada@example.com".to_owned()));
    chat.act(Visitor::Half(FieldKind::Time));
    assert_eq!(chat.model.lead.problem("time"), Some(Problem::Invalid));
    assert_eq!(chat.model.lead.stage, Stage::Filling);
    chat.act(Visitor::Review);
    assert_eq!(chat.model.lead.stage, Stage::Reviewing, "it was emptied, and is not needed");
}

#[test]
fn the_chosen_form_is_kept_for_the_next_page() {
    let mut chat = Chat::ready();
    chat.say(1, "one");
    chat.act(Visitor::OpenLead);
    chat.act(Visitor::Choose(LeadKind::TestDrive));
    chat.act(Visitor::Field(FieldKind::Email, "ada@example.com".to_owned()));
    let next = Chat::opened_with(None, Some(chat.model.kept_outbox()));
    assert_eq!(next.model.lead.kind, LeadKind::TestDrive);
}
