//! Tests of the section `[llm]`.

use super::*;

fn config(text: &str) -> LlmConfig {
    let mut config: LlmConfig = toml::from_str(text).unwrap();
    config
        .fill_keys(|name| (name != "MISTRAL_API_KEY").then(|| format!("sk-canary-{name}").into()));
    config
}

#[test]
fn nothing_configured_means_documents() {
    assert!(config("").chain().unwrap().is_empty());
}

#[test]
fn a_known_provider_has_an_address_and_a_model() {
    let links = config("provider = \"anthropic\"").chain().unwrap();
    assert_eq!(links[0].generator(), "anthropic/claude-haiku-4-5");
    assert_eq!(links[0].base_url, "https://api.anthropic.com/v1");
    assert_eq!(links[0].recipient, Recipient::Named("Anthropic".to_owned()));
}

#[test]
fn who_gets_the_words_is_whoever_runs_the_host() {
    let compatible = "provider = \"openai-compatible\"\nmodel = \"m\"\n";
    let openai = "provider = \"openai\"\n";
    for (kind, more, told) in [
        (openai, "", Some("OpenAI")),
        (openai, "base_url = \"https://cars.openai.azure.com/v1\"", Some("cars.openai.azure.com")),
        // A gateway near by that is asked as OpenAI speaks for OpenAI.
        (openai, "base_url = \"http://127.0.0.1:4000/v1\"", Some("OpenAI")),
        (compatible, "base_url = \"https://llm.example/v1\"", Some("llm.example")),
        (compatible, "base_url = \"http://127.0.0.1:11434/v1\"", None),
        (compatible, "base_url = \"http://gpu.lan/v1\"", None),
        (compatible, "base_url = \"http://gpu.lan/v1\"\nrecipient = \"Acme AI\"", Some("Acme AI")),
    ] {
        let recipients = config(&format!("{kind}{more}")).recipients();
        let wanted = told.map_or(Recipient::Operator, |name| Recipient::Named(name.to_owned()));
        assert_eq!(recipients, [wanted], "{kind}{more}");
    }
}

#[test]
fn who_gets_the_words_is_known_without_keys_and_told_once() {
    let text = "provider = \"openai\"\n[[fallback]]\nprovider = \"mistral\"\n[[fallback]]\nprovider = \"openai\"\nmodel = \"x\"";
    let keyless: LlmConfig = toml::from_str(text).unwrap();
    assert!(keyless.chain().is_err());
    let names = ["OpenAI", "Mistral AI"].map(|name| Recipient::Named(name.to_owned()));
    assert_eq!(keyless.recipients(), names);
}

#[test]
fn a_key_goes_to_the_host_that_it_is_meant_for_and_to_no_other() {
    let first = "provider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"https://one.example/v1\"\n[[fallback]]\nprovider = \"openai-compatible\"\nmodel = \"m\"\n";
    let other = format!("{first}base_url = \"https://two.example/v1\"\n");
    let error = config(&other).chain().unwrap_err();
    assert_eq!(error.key, "fallback[0].key_env");
    assert!(error.problem.contains("two.example would get the key that one.example gets"));
    assert!(!error.to_string().contains("canary"));

    let key = |text: &str| {
        let links = config(text).chain().unwrap();
        links[1].key.as_ref().map(|key| key.expose_secret().to_owned())
    };
    assert!(key(&format!("{first}base_url = \"https://one.example/v1/b\"")).is_some());
    assert_eq!(key(&format!("{other}key_env = \"\"")), None);
    assert_eq!(
        key(&format!("{other}key_env = \"TWO_API_KEY\"")).as_deref(),
        Some("sk-canary-TWO_API_KEY")
    );
}

#[test]
fn the_chain_keeps_its_order_and_skips_documents() {
    let links = config(
        "provider = \"openai\"\n[[fallback]]\nprovider = \"documents\"\n[[fallback]]\nprovider = \"openai-compatible\"\nmodel = \"llama3.2\"\nbase_url = \"http://127.0.0.1:11434/v1/\"",
    )
    .chain()
    .unwrap();
    let generators: Vec<String> = links.iter().map(Link::generator).collect();
    assert_eq!(generators, ["openai/gpt-4.1-mini", "openai-compatible/llama3.2"]);
    assert_eq!(links[1].base_url, "http://127.0.0.1:11434/v1");
}

#[test]
fn what_is_wrong_is_named_with_its_key_and_a_remedy() {
    for (text, key) in [
        ("provider = \"mistral\"", "provider"),
        ("provider = \"openai-compatible\"", "model"),
        ("provider = \"openai-compatible\"\nmodel = \"m\"", "base_url"),
        ("provider = \"openai\"\nbase_url = \"api.openai.com\"", "base_url"),
        ("provider = \"openai\"\nbase_url = \"https://u:p@llm.example/v1\"", "base_url"),
        ("provider = \"openai\"\nbase_url = \"http://10.0.0.5/v1\"", "base_url"),
        (
            "provider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"http://llm.example.com/v1\"",
            "base_url",
        ),
        (
            "provider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"ftp://127.0.0.1/v1\"",
            "base_url",
        ),
        ("[[fallback]]\nprovider = \"mistral\"", "fallback[0].provider"),
        ("[[fallback]]\nprovider = \"mistral\"\nkey_env = \"sk-canary\"", "fallback[0].key_env"),
        ("provider = \"openai\"\nrecipient = \"\"", "recipient"),
        ("provider = \"openai\"\nreasoning_effort = \"a little\"", "reasoning_effort"),
        ("idle_timeout_ms = 0", "idle_timeout_ms"),
        ("history_turns = 0", "history_turns"),
        ("max_output_tokens = 0", "max_output_tokens"),
    ] {
        let error = config(text).chain().unwrap_err();
        assert_eq!(error.key, key, "{text}");
        assert!(!error.remedy.is_empty());
    }
}

#[test]
fn plain_http_is_for_this_machine_and_for_the_operators_own_network() {
    for url in ["http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://localhost/v1"] {
        assert!(
            config(&format!("provider = \"openai\"\nbase_url = \"{url}\"")).chain().is_ok(),
            "{url}"
        );
    }
    for url in [
        "http://10.0.0.5/v1",
        "http://ollama:11434/v1",
        "http://gpu.lan/v1",
        "http://192.168.1.4/v1",
    ] {
        let text = format!("provider = \"openai-compatible\"\nmodel = \"m\"\nbase_url = \"{url}\"");
        assert!(config(&text).chain().is_ok(), "{url}");
    }
    // The url crate reads these as addresses before the check does.
    for url in ["http://2130706433/v1", "http://0x7f.1/v1"] {
        assert!(
            config(&format!("provider = \"openai\"\nbase_url = \"{url}\"")).chain().is_ok(),
            "{url}"
        );
    }
    assert!(config("provider = \"openai\"\nbase_url = \"http://0x8.8.8.8/v1\"").chain().is_err());
}

#[test]
fn a_key_is_printed_nowhere() {
    let config = config("provider = \"openai\"\n[[fallback]]\nprovider = \"anthropic\"");
    let printed = format!("{config:?} {:?}", config.chain().unwrap());
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(toml::from_str::<LlmConfig>("providr = \"openai\"").is_err());
    assert!(toml::from_str::<LlmConfig>("api_key = \"x\"").is_err());
}
