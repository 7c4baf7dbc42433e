//! The promises, one file each, in reading order.

mod abuse;
mod answers;
mod bounds;
mod budget;
mod conversation;
mod damage;
mod dataflow;
mod deliver;
mod doors;
mod headers;
mod isolation;
mod lead;
mod logs;
mod mail;
mod masking;
mod redaction;
mod resume;
mod retention;
mod rights;
mod shutdown;
