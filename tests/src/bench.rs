//! The figures of the design's budgets, each beside its floor, in one run on one machine.
//!
//! A floor is a bare program that does only that: the least that the machine, the socket library
//! or the disk asks for. The ratio to it says more than the figure on a noisy machine.

pub mod acknowledgements;
pub mod first_token;
pub mod floor;
pub mod idle;
pub mod sizes;
pub mod start;
