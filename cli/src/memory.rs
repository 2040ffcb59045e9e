//! How much memory a command may use for rows.

use clap::Args;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The part of the machine's memory that is used unless another size is asked for.
const SHARE: u64 = 4;

/// Less than this is not enough for a batch of rows.
const MIN: u64 = 1 << 20;

/// The memory of rows that are sorted, joined, staged or on their way to a file.
#[derive(Debug, Args)]
pub(crate) struct Memory {
    /// Memory for rows, such as 512m or 4g, before they go to temporary files; by default a quarter of what there is
    #[arg(long, value_name = "SIZE", value_parser = parse)]
    memory: Option<u64>,
}

impl Memory {
    /// The budget in bytes; none where the machine does not say what it has.
    pub(crate) fn bytes(&self) -> Option<usize> {
        self.memory
            .or_else(|| total().map(|total| total / SHARE))
            .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

/// What the machine has, or the container that this runs in.
fn total() -> Option<u64> {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    let limits = system.cgroup_limits().map(|limits| limits.total_memory);
    [Some(system.total_memory()), limits].into_iter().flatten().filter(|bytes| *bytes > 0).min()
}

/// A size as Flink's options take it: `512m`, `4 gb`; the units are powers of 1024.
fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim().to_ascii_lowercase();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.trim() {
        "" | "b" | "bytes" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("it is a number with a unit: k, m, g or t".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "it starts with no whole number in range".to_owned())?;
    let bytes = number.checked_mul(1 << shift).ok_or("it is too large")?;
    if bytes < MIN { Err("it is less than 1m".to_owned()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let sizes =
            [("512m", 512 << 20), ("4 GB", 4 << 30), ("1tib", 1 << 40), ("2048k", 2 << 20), ("1048576", 1 << 20)];
        for (text, bytes) in sizes {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "m", "1.5g", "-1g", "4x", "99999999t", "100000000000000000000", "1023k"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_of_the_machine_is_the_default() {
        let total = total().unwrap();
        assert_eq!(Memory { memory: None }.bytes(), usize::try_from(total / SHARE).ok());
        assert_eq!(Memory { memory: Some(MIN) }.bytes(), Some(1 << 20));
    }
}
