//! `flink-state-bench SHAPE KEYS DIRECTORY [compressed]`: writes a savepoint for benchmarks.

use std::path::Path;

use flink_state_bench::{compress, generate};
use flink_state_reader::{Error, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (shape, keys, directory, compressed) = match arguments.as_slice() {
        [shape, keys, directory] => (shape, keys, Path::new(directory), false),
        [shape, keys, directory, "compressed"] => (shape, keys, Path::new(directory), true),
        _ => return Err(Error::usage("flink-state-bench long|pojo|map KEYS DIRECTORY [compressed]")),
    };
    let keys = keys.parse().map_err(|_| Error::usage(format!("'{keys}' is no number of keys")))?;
    if !compressed {
        return generate(shape.parse()?, keys, directory).await;
    }
    let plain = directory.with_extension("plain");
    generate(shape.parse()?, keys, &plain).await?;
    compress(&plain, directory)?;
    std::fs::remove_dir_all(&plain).map_err(|e| Error::usage(format!("{} stays: {e}", plain.display())))
}
