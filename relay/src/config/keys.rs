//! Every key of `forecourt.toml`, with the variable and the flag that override it. What is not
//! here is not a key; a test holds this list, the example file and docs/operations.md together.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in the file, tables included.
    pub path: &'static str,
    /// The variable that overrides the file.
    pub variable: &'static str,
    /// The flag that overrides both, where there is one.
    pub flag: Option<&'static str>,
}

const fn key(path: &'static str, variable: &'static str) -> Key {
    Key { path, variable, flag: None }
}

const fn with_flag(path: &'static str, variable: &'static str, flag: &'static str) -> Key {
    Key { path, variable, flag: Some(flag) }
}

/// All keys, in the order of the example file.
pub const KEYS: &[Key] = &[
    with_flag("listen", "FORECOURT_LISTEN", "--listen"),
    with_flag("admin_listen", "FORECOURT_ADMIN_LISTEN", "--admin-listen"),
    with_flag("public_url", "FORECOURT_PUBLIC_URL", "--public-url"),
    key("behind_tls_proxy", "FORECOURT_BEHIND_TLS_PROXY"),
    key("trusted_proxies", "FORECOURT_TRUSTED_PROXIES"),
    with_flag("data", "FORECOURT_DATA", "--data"),
    with_flag("keys.dir", "FORECOURT_KEYS_DIR", "--keys-dir"),
    key("keys.operator_file", "FORECOURT_KEYS_OPERATOR_FILE"),
    key("keys.operator_command", "FORECOURT_KEYS_OPERATOR_COMMAND"),
    key("stop_deadline_s", "FORECOURT_STOP_DEADLINE_S"),
    key("operator.name", "FORECOURT_OPERATOR_NAME"),
    key("operator.contact", "FORECOURT_OPERATOR_CONTACT"),
    key("operator.address", "FORECOURT_OPERATOR_ADDRESS"),
    key("operator.dpo", "FORECOURT_OPERATOR_DPO"),
    key("operator.representative", "FORECOURT_OPERATOR_REPRESENTATIVE"),
    key("operator.region", "FORECOURT_OPERATOR_REGION"),
    key("operator.transfer", "FORECOURT_OPERATOR_TRANSFER"),
    key("operator.allowed_regions", "FORECOURT_OPERATOR_ALLOWED_REGIONS"),
    with_flag("llm.provider", "FORECOURT_LLM_PROVIDER", "--llm-provider"),
    with_flag("llm.model", "FORECOURT_LLM_MODEL", "--llm-model"),
    with_flag("llm.base_url", "FORECOURT_LLM_BASE_URL", "--llm-base-url"),
    key("llm.recipient", "FORECOURT_LLM_RECIPIENT"),
    key("llm.region", "FORECOURT_LLM_REGION"),
    key("llm.transfer", "FORECOURT_LLM_TRANSFER"),
    key("llm.reasoning_effort", "FORECOURT_LLM_REASONING_EFFORT"),
    key("llm.max_output_tokens", "FORECOURT_LLM_MAX_OUTPUT_TOKENS"),
    key("llm.tokens_per_day", "FORECOURT_LLM_TOKENS_PER_DAY"),
    key("llm.first_token_timeout_ms", "FORECOURT_LLM_FIRST_TOKEN_TIMEOUT_MS"),
    key("llm.idle_timeout_ms", "FORECOURT_LLM_IDLE_TIMEOUT_MS"),
    key("llm.total_timeout_ms", "FORECOURT_LLM_TOTAL_TIMEOUT_MS"),
    key("llm.history_turns", "FORECOURT_LLM_HISTORY_TURNS"),
    key("delivery.private_targets", "FORECOURT_DELIVERY_PRIVATE_TARGETS"),
    key("mail.server", "FORECOURT_MAIL_SERVER"),
    key("mail.from", "FORECOURT_MAIL_FROM"),
    key("mail.user", "FORECOURT_MAIL_USER"),
    key("mail.roots", "FORECOURT_MAIL_ROOTS"),
    key("retention.min", "FORECOURT_RETENTION_MIN"),
    key("retention.max", "FORECOURT_RETENTION_MAX"),
    key("limits.max_sockets", "FORECOURT_LIMITS_MAX_SOCKETS"),
    key("limits.max_sockets_per_address", "FORECOURT_LIMITS_MAX_SOCKETS_PER_ADDRESS"),
    key("limits.max_greetings", "FORECOURT_LIMITS_MAX_GREETINGS"),
    key("limits.visitor_messages_per_minute", "FORECOURT_LIMITS_VISITOR_MESSAGES_PER_MINUTE"),
    key("limits.dealer_messages_per_minute", "FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE"),
    key("limits.abandon_after_ms", "FORECOURT_LIMITS_ABANDON_AFTER_MS"),
    with_flag("log.format", "FORECOURT_LOG_FORMAT", "--log-format"),
    key("log.filter", "FORECOURT_LOG_FILTER"),
];

/// The variables that hold secrets, beside those that a fallback's `key_env` names; each has a twin with `_FILE` at its end that names a file.
pub const SECRETS: &[&str] = &[
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "MISTRAL_API_KEY",
    "OPENAI_COMPATIBLE_API_KEY",
    "FORECOURT_MAIL_PASSWORD",
];
