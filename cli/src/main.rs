//! x
mod encode; mod error; mod output; mod args;
fn main() {}
