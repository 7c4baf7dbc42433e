//! The chat inside the iframe: keystroke to socket, socket to screen; no relay, no dealer's page.
//!
//! The heart is pure: [`update::update`] takes the [`model::Model`] and an [`event::Event`] and returns
//! [`effect::Effect`]s. It is compiled for the host too and tested there in milliseconds. Around it lies a
//! thin shell, compiled for the browser only, that owns every `web_sys` name:
//!
//! ```text
//! view/*  keystroke → Event::Visitor ┐                    ┌ Effect::Send, Connect → link → wire
//! link    frame     → Event::Link    ├→ update → effects ─┼ Effect::After         → instance (timers)
//! instance timer    → Event::Timer   │     ↓              ├ Effect::Keep…         → memory
//! page    wake-up   → Event::Page    ┘   model → view     └ Effect::Announce      → view/live
//! ```
//!
//! Nothing here panics on purpose and no text of a model or a dealer becomes HTML: the view makes text nodes.

#![forbid(unsafe_code)]

pub mod announce;
pub mod backoff;
pub mod effect;
pub mod event;
pub mod kept;
pub mod lead;
pub mod limits;
pub mod markdown;
pub mod model;
pub mod options;
pub mod screen;
pub mod strings;
pub mod update;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod instance;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use instance::{Widget, mount};

/// Weighs 1.5 KiB less to download than the standard library's.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
