//! The cast of the end-to-end tests, and how to hire them.
//!
//! [`relay::TestRelay`] is a whole relay in this process, with a data directory of its own and a
//! clock that the test moves. [`visitor::Visitor`] speaks the protocol over a real socket and keeps
//! what a widget would show. [`llm`] is a model's server that does what a script says, faults
//! included. The browser tests beside (`browser/`) and the fault rig hire the same cast.
//! [`sim`] needs none of that: it runs the relay's sessions in a simulated world.

#![forbid(unsafe_code)]

pub mod bench;
pub mod chaos;
pub mod echo;
pub mod llm;
pub mod measure;
pub mod process;
pub mod raw;
pub mod relay;
pub mod rig;
pub mod sim;
pub mod sink;
pub mod smtp;
pub mod visitor;
