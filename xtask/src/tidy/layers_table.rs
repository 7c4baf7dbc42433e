//! Who may import whom: the one table. `layers.rs` holds the tree against it.
//!
//! The relay is a house: a module uses the floors below its own. Beside it stands whom it may use on
//! its own floor, and whom it may not use although they are below.

/// A module of the relay.
pub(super) struct Room {
    /// Its name, as in `crate::NAME`.
    pub(super) name: &'static str,
    /// Neighbours that it may use.
    pub(super) neighbours: &'static [&'static str],
    /// Rooms below that it may not use.
    pub(super) not: &'static [&'static str],
}

const fn room(name: &'static str) -> Room {
    Room { name, neighbours: &[], not: &[] }
}

/// The ground floor: its modules may use each other.
pub(super) const GROUND: &[&str] = &[
    "clock",
    "core_dumps",
    "random",
    "limits",
    "error",
    "telemetry",
    "lifecycle",
    "open_files",
    "planted",
    "redact",
    "crypt",
    "scan",
];

/// The floors above the ground, from the lowest to the highest.
pub(super) const FLOORS: &[&[Room]] = &[
    &[room("domain")],
    &[
        room("store"),
        Room { name: "knowledge", neighbours: &["store"], not: &[] },
        Room { name: "llm", neighbours: &["knowledge"], not: &[] },
    ],
    // The settings of what is below, as plain types; nothing below reads a setting by itself.
    &[room("config")],
    &[room("retention"), room("outbox")],
    &[room("session")],
    &[room("http")],
];

/// The roof, which may use all and which nothing uses.
pub(super) const ROOF: &[&str] = &["lib", "main", "relay", "cli", "demo"];

/// Files and folders of the relay that decide and do not act (D5).
pub(super) const PURE: &[&str] = &[
    "domain",
    "redact",
    "llm/prompt",
    "llm/sse",
    "outbox/schedule",
    "outbox/sign",
    "outbox/guard",
    "session/awaited",
    "session/greeting",
    "session/open",
    "session/turn",
    "session/event",
    "session/effect",
];

/// What acts: a pure part does not name it.
pub(super) const ACTING: &[&str] = &["tokio", "sqlx", "reqwest", "axum"];

/// The widget's shell, the only place of the browser.
pub(super) const WIDGET_SHELL: &[&str] = &["lib", "instance", "dom", "link", "memory", "view"];

/// What the browser is.
pub(super) const BROWSER: &[&str] = &["web_sys", "js_sys", "wasm_bindgen", "gloo_net"];

/// Our packages, and which of ours each may use.
pub(super) const PACKAGES: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("widget", &["protocol"]),
    ("relay", &["protocol"]),
    ("tests", &["protocol", "relay", "widget"]),
    ("xtask", &[]),
];
