//! Tests of the section `[llm]`.

use super::*;

fn config(text: &str) -> LlmConfig {
    let mut config: LlmConfig = toml::from_str(text).unwrap();
    config.fill_keys(|name| (name != "MISTRAL_API_KEY").then(|| "sk-canary".to_owned().into()));
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
    assert_eq!(links[0].recipient(), "Anthropic");
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
