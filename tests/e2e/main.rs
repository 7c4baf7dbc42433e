//! The promises, one file each, in reading order.

mod conversation;
mod resume;
mod isolation;
mod lead;
mod retention;
mod abuse;
mod shutdown;
mod doors;
mod logs;
