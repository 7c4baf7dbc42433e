//! The fault rig: tests of reliability that need processes, and their negative controls.
//!
//! Each test prints its figures and holds only if its criterion held *and* its control, a build
//! known to be wrong, was caught. `cargo xtask rig TNN --tier pr` runs one.

pub mod ledger;
pub mod swarm;
pub mod t11;
