//! Visitors' own chats: seen, taken along and deleted by whoever shows the token, and by nobody else.

use std::time::Duration;

use forecourt_tests::{
    llm::{Outcome, Script},
    relay::{BEGIN, TestRelay, llm, model, release},
    visitor::Visitor,
};
use protocol::{
    FailureCode,
    close::CloseReason,
    lead::{Channel, ConsentAnswer, LeadFields},
    server::Resumed,
};
use relay::{domain::restriction::Ground, store::Restricted};
use reqwest::{Method, Response, StatusCode, header};

/// A request for a visitor's own chat on a site, with what is shown as proof.
async fn ask(
    relay: &TestRelay,
    method: Method,
    path: &str,
    proof: Option<&str>,
) -> anyhow::Result<Response> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut request = client.request(method, format!("{}/v1/mine/{path}", relay.origin()));
    if let Some(proof) = proof {
        request = request.header(header::AUTHORIZATION, proof);
    }
    Ok(request.send().await?)
}

fn proof(visitor: &Visitor) -> String {
    format!("Bearer {}", visitor.token.as_ref().map_or("", |token| token.as_str()))
}

/// A visitor who has asked something and left an address, with a consent to e-mail.
async fn known_visitor(relay: &TestRelay) -> anyhow::Result<Visitor> {
    let mut visitor = relay.visitor().await?;
    visitor.ask("What about the warranty?").await?;
    let form = visitor.dealer.clone().map(|dealer| dealer.lead_form).unwrap_or_default();
    let consents = form.consents.iter().map(|option| ConsentAnswer {
        channel: option.channel,
        given: option.channel == Channel::Email,
        version: option.version.clone(),
    });
    let fields = LeadFields {
        name: Some("Sam".to_owned()),
        email: Some("sam@example.org".to_owned()),
        ..LeadFields::default()
    };
    let consents = consents.collect();
    anyhow::ensure!(visitor.lead(fields, consents).await?.is_ok(), "the lead is taken");
    Ok(visitor)
}

#[tokio::test]
async fn without_the_token_of_the_chat_nothing_is_told_and_nothing_is_done() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    relay.add_dealer("Second Cars", "site_second", "Nothing.").await?;
    let visitor = known_visitor(&relay).await?;
    let (own, stranger) = (proof(&visitor), proof(&relay.visitor().await?));
    let doors = [
        (Method::GET, "/export.json"),
        (Method::GET, "/export.html"),
        (Method::DELETE, ""),
        (Method::DELETE, "/consents/email"),
    ];
    for (method, door) in doors {
        for (site, shown, status) in [
            ("site_first", None, StatusCode::UNAUTHORIZED),
            ("site_first", Some("Bearer tok_0"), StatusCode::UNAUTHORIZED),
            ("site_first", Some(&*own.replace("Bearer", "Basic")), StatusCode::UNAUTHORIZED),
            ("site_first", Some(&*stranger), StatusCode::NOT_FOUND),
            ("site_second", Some(&*own), StatusCode::NOT_FOUND),
            ("site_nobody", Some(&*own), StatusCode::NOT_FOUND),
        ] {
            let response = ask(&relay, method.clone(), &format!("{site}{door}"), shown).await?;
            assert_eq!(response.status(), status, "{method} {site}{door} {shown:?}");
            assert!(!response.text().await?.contains("sam@"));
        }
    }
    for shown in [None, Some(&*stranger)] {
        let menu = ask(&relay, Method::GET, "site_first", shown).await?.text().await?;
        assert!(menu.contains("\"is_kept\":false"), "{menu}");
    }
    let post = ask(&relay, Method::POST, "site_first", Some(&own)).await?;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    let kept = ask(&relay, Method::GET, "site_first/export.json", Some(&own)).await?;
    assert!(kept.text().await?.contains("sam@example.org"), "all is there still");
    Ok(())
}

#[tokio::test]
async fn what_is_taken_along_is_a_file_that_no_cache_keeps() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let visitor = known_visitor(&relay).await?;
    for (door, kind) in [("export.json", "application/json"), ("export.html", "text/html")] {
        let path = format!("site_first/{door}?lang=de");
        let response = ask(&relay, Method::GET, &path, Some(&proof(&visitor))).await?;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        assert!(headers["content-type"].to_str()?.starts_with(kind));
        assert!(headers["content-disposition"].to_str()?.starts_with("attachment"));
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("access-control-allow-origin"));
        let text = response.text().await?;
        assert!(text.contains("What about the warranty?") && text.contains("sam@example.org"));
        assert_eq!(text.contains("Angaben, die Sie hinterlassen haben"), door == "export.html");
    }
    Ok(())
}

#[tokio::test]
async fn at_its_end_a_chat_can_not_be_taken_along_before_any_sweep() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let visitor = known_visitor(&relay).await?;
    let conversation = visitor.conversation.clone().expect("it has begun");
    let rows = relay.store().dealer(&relay.first_dealer()?.id);
    let ends = rows.dossier(&conversation).await?.expect("it is kept").conversation.expires_at;
    relay.clock.set(ends.minus(Duration::from_millis(1)));
    let proof = proof(&visitor);
    let status = async || -> anyhow::Result<StatusCode> {
        Ok(ask(&relay, Method::GET, "site_first/export.json", Some(&proof)).await?.status())
    };
    assert_eq!(status().await?, StatusCode::OK);
    relay.clock.set(ends);
    assert_eq!(status().await?, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_chat_that_its_visitor_deletes_is_gone_at_once_with_all_that_was_owed()
-> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = known_visitor(&relay).await?;
    let proof = proof(&visitor);
    let dealer = relay.first_dealer()?;
    let response = ask(&relay, Method::DELETE, "site_first", Some(&proof)).await?;
    assert_eq!(response.status(), StatusCode::OK);
    let answer: serde_json::Value = response.json().await?;
    let body: serde_json::Value =
        serde_json::from_str(answer["receipt"]["body"].as_str().unwrap())?;
    assert_eq!((&body["reason"], &body["leads"]), (&"erasure".into(), &1.into()));
    assert!(relay.store().dealer(&dealer.id).leads(10).await?.is_empty());
    // Whoever is connected is sent away, and comes back to nothing.
    assert_eq!(visitor.closed().await?, Some(CloseReason::Erased.code()));
    visitor.connect(relay.address(), relay.origin()).await?;
    assert_eq!(visitor.hello().await?, Resumed::New);
    for (method, door) in [(Method::DELETE, ""), (Method::GET, "/export.json")] {
        let again = ask(&relay, method, &format!("site_first{door}"), Some(&proof)).await?;
        assert_eq!(again.status(), StatusCode::NOT_FOUND);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_being_written_ends_with_its_chat() -> anyhow::Result<()> {
    let model = model(Script::gated_words(["one ", "two ", "three"])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = relay.visitor().await?;
    visitor.say("Tell me").await?;
    release(&model, 1);
    visitor.hear_chars(1).await?;
    let dealer = relay.first_dealer()?;
    let response = ask(&relay, Method::DELETE, "site_first", Some(&proof(&visitor))).await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(visitor.closed().await?, Some(CloseReason::Erased.code()));
    let conversation = visitor.conversation.clone().expect("it has begun");
    let rows = relay.store().dealer(&dealer.id);
    model.wait("nobody reads on", |asked| asked[0].outcome != Outcome::Open).await;
    assert!(rows.history(&conversation, 0, 10).await?.is_empty());
    assert!(relay.store().verify().await?.is_sound());
    Ok(())
}

#[tokio::test]
async fn a_paused_dealers_visitors_keep_their_rights() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let visitor = known_visitor(&relay).await?;
    let mut dealer = (*relay.first_dealer()?).clone();
    dealer.status = relay::domain::dealer::DealerStatus::Paused;
    relay.store().update_dealer(&dealer).await?;
    let proof = proof(&visitor);
    let withdrawn = ask(&relay, Method::DELETE, "site_first/consents/email", Some(&proof)).await?;
    assert_eq!(withdrawn.status(), StatusCode::NO_CONTENT);
    let lead = relay.store().dealer(&dealer.id).leads(1).await?.remove(0);
    assert_eq!(lead.withdrawn.len(), 1);
    let unknown = ask(&relay, Method::DELETE, "site_first/consents/fax", Some(&proof)).await?;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let erased = ask(&relay, Method::DELETE, "site_first", Some(&proof)).await?;
    assert_eq!(erased.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_chat_that_the_law_holds_is_not_deleted_and_its_visitor_is_told_so() -> anyhow::Result<()>
{
    let relay = TestRelay::start().await?;
    let visitor = known_visitor(&relay).await?;
    let dealer = relay.first_dealer()?;
    let hold = relay::domain::hold::NewHold {
        conversation: visitor.conversation.clone(),
        reason: "Claim 7".to_owned(),
        basis: "Art. 17(3)(e) GDPR".to_owned(),
        requested_by: "Ada".to_owned(),
        approved_by: "Ben".to_owned(),
        review_at: BEGIN.plus(Duration::from_hours(24)),
    };
    let hold = relay.store().set_hold(&dealer.id, &hold).await?.expect("there is such a chat");
    let proof = proof(&visitor);
    let refused = ask(&relay, Method::DELETE, "site_first", Some(&proof)).await?;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.text().await?.contains("\"held\""));
    let kept = ask(&relay, Method::GET, "site_first/export.json", Some(&proof)).await?;
    assert_eq!(kept.status(), StatusCode::OK, "it may be read as before");
    assert!(relay.store().release_hold(&hold).await?);
    let erased = ask(&relay, Method::DELETE, "site_first", Some(&proof)).await?;
    assert_eq!(erased.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_restricted_chat_is_shown_to_nobody_and_asks_no_model_until_it_is_released()
-> anyhow::Result<()> {
    let model = model(Script::words(["Noted."])).await?;
    let relay = TestRelay::with_llm(llm(&model)).await?;
    let mut visitor = known_visitor(&relay).await?;
    let rows = relay.store().dealer(&relay.first_dealer()?.id);
    let conversation = visitor.conversation.clone().expect("it has begun");
    let review = BEGIN.plus(Duration::from_hours(24));
    let hold = Ground::Objection.hold("Ada".to_owned(), review, BEGIN)?;
    let Restricted::Now(hold) = rows.restrict(&conversation, &hold).await? else {
        anyhow::bail!("it is there")
    };
    let n_asked = model.requests().len();
    let refused = visitor.say("And one thing more").await.unwrap_err();
    assert!(refused.to_string().contains("ConversationEnded"), "{refused}");
    assert_eq!(model.requests().len(), n_asked, "no model was asked");
    let own = proof(&visitor);
    for (method, door) in [(Method::GET, "/export.json"), (Method::DELETE, "")] {
        let hidden = ask(&relay, method, &format!("site_first{door}"), Some(&own)).await?;
        assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    }
    assert!(rows.leads(10).await?.is_empty());

    assert!(relay.store().release_hold(&hold).await?);
    let shown = ask(&relay, Method::GET, "site_first/export.json", Some(&own)).await?;
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(rows.leads(10).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn words_that_come_too_late_do_not_begin_a_deleted_chat_again() -> anyhow::Result<()> {
    let relay = TestRelay::start().await?;
    let mut visitor = known_visitor(&relay).await?;
    let rows = relay.store().dealer(&relay.first_dealer()?.id);
    // By a command beside the server: no session is told.
    assert!(rows.erase(visitor.conversation.as_ref().expect("it has begun")).await?.is_some());
    let late = visitor.say("And one thing more").await.unwrap_err();
    assert!(late.to_string().contains("ConversationEnded"), "{late}");
    let fields = LeadFields { email: Some("sam@example.org".to_owned()), ..LeadFields::default() };
    let late = visitor.lead(fields, Vec::new()).await?.unwrap_err();
    assert!(matches!(late.code, FailureCode::ConversationEnded | FailureCode::LeadInvalid));
    assert!(rows.leads(10).await?.is_empty());
    let again = rows.resume(visitor.token.as_ref().expect("it has a token")).await?;
    assert_eq!(again, None, "nothing was begun with the old token");
    Ok(())
}
