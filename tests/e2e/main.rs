//! The promises, one file each, in reading order.

mod abuse;
mod answers;
mod budget;
mod conversation;
mod damage;
mod doors;
mod isolation;
mod lead;
mod logs;
mod metrics;
mod resume;
mod retention;
mod shutdown;
