//! The scripted server's doors, as another process uses them.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use forecourt_tests::llm::{MockLlm, Outcome};
use serde_json::{Value, json};

async fn post(url: &str, body: &Value) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.post(url).json(body).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn another_process_tells_it_what_to_say_and_sees_what_was_asked() {
    let model = MockLlm::start().await.unwrap();
    let chat = format!("{}/v1/chat/completions", model.url());
    let script = json!({ "text": "Twelve months.", "words_per_second": 1000 });
    assert_eq!(post(&format!("{}/__script", model.url()), &script).await.0, 200);
    let (status, text) = post(&chat, &json!({ "messages": [] })).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("Twelve ") && text.contains("months.") && text.ends_with("data: [DONE]\n\n"),
        "{text}"
    );

    assert_eq!(
        post(&format!("{}/__script", model.url()), &json!({ "named": "html_with_200" })).await.0,
        200
    );
    assert!(post(&chat, &json!({})).await.1.contains("Bad gateway"));

    let stamped = json!({ "acts": [{ "act": "stamped", "count": 2 }, { "act": "end_body" }] });
    post(&format!("{}/__default", model.url()), &stamped).await;
    for _ in 0..2 {
        let (_, text) = post(&chat, &json!({})).await;
        let has = |part: &str| text.contains(part);
        assert!(has("#0car ") && has("#1🚗 ") && !has("#2"), "{text}");
    }

    let gated = json!([{ "acts": [{ "act": "gate" }, { "act": "done" }, { "act": "end_body" }] }]);
    post(&format!("{}/__script", model.url()), &gated).await;
    post(&format!("{}/__release", model.url()), &json!({ "count": 1 })).await;
    assert!(post(&chat, &json!({})).await.1.contains("[DONE]"));

    let seen =
        reqwest::get(format!("{}/__requests", model.url())).await.unwrap().text().await.unwrap();
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen.as_array().map(Vec::len), Some(5));
    assert_eq!(seen[0]["outcome"], "played");
    assert_eq!(model.outcomes(), [Outcome::Played; 5]);
}

#[tokio::test]
async fn a_script_that_can_not_be_read_is_refused() {
    let model = MockLlm::start().await.unwrap();
    for bad in [
        json!({ "stps": [] }),
        json!({ "named": "nothing" }),
        json!({ "acts": [{ "act": "hnag" }] }),
        json!(7),
    ] {
        let (status, text) = post(&format!("{}/__script", model.url()), &bad).await;
        assert_eq!(status, 400, "{bad}");
        assert!(text.contains("problem"), "{text}");
    }
}
