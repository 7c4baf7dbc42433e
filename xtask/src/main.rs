//! Being laid.
fn main(){}
