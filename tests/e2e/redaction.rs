//! A model gets no contact details; the visitor reads them all the same where it names their
//! placeholders (B-50 to B-52, T64).

use forecourt_tests::{
    llm::{MockLlm, Script},
    relay::{TestRelay, llm, model, release},
};
use relay::redact::Redaction;

const DOCUMENT: &str = "Our workshop warranty lasts twelve months. Call us on 0131 496 0999.";

/// What a visitor says of itself.
const CANARIES: [&str; 4] = ["jo.smith@example.org", "07700 900123", "04/07/1979", "8 Elm Grove"];

fn about_me() -> String {
    let [email, phone, birth, street] = CANARIES;
    format!("Mail {email} or call {phone}; born {birth}, at {street}, Brighton BN2 3DD. Warranty?")
}

/// What the model was sent last.
fn last(model: &MockLlm) -> String {
    model.requests().last().map(|request| request.body.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn no_detail_of_the_visitor_reaches_a_model_in_any_turn() -> anyhow::Result<()> {
    let model = model(Script::says("I noted [EMAIL_1] and [PHONE_1], and [PHONE_7].")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    relay.add_dealer("Second Cars", "site_second", DOCUMENT).await?;
    let mut visitor = relay.visitor_on("site_second").await?;
    let answer = visitor.ask(&about_me()).await?.text;
    assert_eq!(answer, "I noted jo.smith@example.org and 07700 900123, and [PHONE_7].");
    // The answer goes along with the next question, and so do the details that stand in it.
    visitor.ask("And now? Rather +44 7700 900123.").await?;
    for request in model.requests() {
        let body = request.body.to_string();
        for canary in CANARIES {
            assert!(!body.contains(canary), "a model was sent {canary}");
        }
        assert!(body.contains("0131 496 0123"), "the dealer's own number stays");
    }
    let body = last(&model);
    let questions =
        "Mail [EMAIL_1] or call [PHONE_1]; born [BIRTH_DATE_1], at [ADDRESS_1]. Warranty?";
    assert!(body.contains(questions), "{body}");
    assert!(body.contains("I noted [EMAIL_1] and [PHONE_1], and [PHONE_7]."), "{body}");
    assert!(body.contains("Rather [PHONE_1]."), "the same number, the same placeholder: {body}");
    Ok(())
}

#[tokio::test]
async fn what_the_visitor_read_is_what_is_kept_though_a_placeholder_came_in_pieces()
-> anyhow::Result<()> {
    let words = ["I noted ", "[EMA", "IL_1", "] [Sam", "] and ", "[PHONE_1"];
    let model = model(Script::gated_words(words)).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("My mail is jo@example.org").await?;
    release(&model, 1);
    visitor.hear_chars("I noted ".len()).await?;
    // The half of a placeholder waits; what can be none does not.
    release(&model, 3);
    visitor.hear_chars("I noted jo@example.org [Sam".len()).await?;
    release(&model, 2);
    let told = "I noted jo@example.org [Sam] and [PHONE_1";
    assert_eq!(visitor.reply().await?.text, told);
    visitor.cut();
    visitor.messages.clear();
    relay.welcome_back(&mut visitor).await?;
    assert_eq!(visitor.transcript().last().map(String::as_str), Some(told));
    Ok(())
}

#[tokio::test]
async fn a_placeholder_that_the_stream_broke_off_in_is_shown_as_it_stands() -> anyhow::Result<()> {
    let model = model(Script::broken_off("I noted [EMAIL_")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    assert_eq!(visitor.ask("I'm jo@example.org").await?.text, "I noted [EMAIL_");
    Ok(())
}

#[tokio::test]
async fn each_dealer_has_as_much_taken_out_as_its_file_says() -> anyhow::Result<()> {
    let model = model(Script::says("Noted.")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    for mode in Redaction::ALL {
        let (site, name) = (format!("site_{}-cars", mode.name()), mode.name());
        let more = format!("[llm]\nredaction = \"{name}\"");
        relay.add_dealer_with(&format!("Cars {name}"), &site, DOCUMENT, &more).await?;
        let mut visitor = relay.visitor_on(&site).await?;
        visitor
            .ask("My name is Sam Miller, reg AB12 CDE, 07700 900123, card 4111 1111 1111 1111")
            .await?;
        let expected = match mode {
            Redaction::Strict => "My name is [NAME_1], reg [PLATE_1], [PHONE_1], card [CARD]",
            Redaction::Balanced => "My name is Sam Miller, reg AB12 CDE, [PHONE_1], card [CARD]",
            Redaction::Off => "My name is Sam Miller, reg AB12 CDE, 07700 900123, card [CARD]",
        };
        assert!(last(&model).contains(expected), "{name}: {}", last(&model));
    }
    Ok(())
}

#[tokio::test]
async fn less_is_taken_out_only_for_those_whose_notice_says_so() -> anyhow::Result<()> {
    let model = model(Script::says("Noted.")).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    let mut dealer = (*relay.first_dealer()?).clone();
    dealer.redaction = Redaction::Off;
    relay.store().update_dealer(&dealer).await?;
    visitor.ask("Call 07700 900123").await?;
    assert!(last(&model).contains("Call [PHONE_1]"), "as the notice on screen says");
    visitor.cut();
    relay.welcome_back(&mut visitor).await?;
    visitor.ask("Or 07700 900124").await?;
    assert!(last(&model).contains("Or 07700 900124"), "told by the new notice");
    // More is taken out at once.
    dealer.redaction = Redaction::Strict;
    relay.store().update_dealer(&dealer).await?;
    visitor.ask("My name is Sam Miller").await?;
    assert!(last(&model).contains("My name is [NAME_1]"));
    Ok(())
}
