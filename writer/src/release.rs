//! Flink releases: who restores what is written.

use std::fmt;
use std::str::FromStr;

use flink_state_reader::{Error, Result};

/// A Flink release line, e.g. 1.20. Patch releases change no format.
///
/// ```
/// use flink_state_writer::FlinkVersion;
///
/// let version: FlinkVersion = "1.20.3".parse()?;
/// assert_eq!(version.to_string(), "1.20");
/// assert_eq!(version.newest_metadata()?, 4);
/// assert!("1.12".parse::<FlinkVersion>()?.newest_metadata().is_err());
/// # Ok::<(), flink_state_writer::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlinkVersion {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
}

impl FlinkVersion {
    /// The release line `major.minor`.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for FlinkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Reads `1.20`, `2.2.1` and `2.3-SNAPSHOT`: what stands behind the second number is left out.
impl FromStr for FlinkVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text)
            .ok_or_else(|| Error::usage(format!("{text:?} is no Flink version")).with_hint("write it as 1.20 or 2.2.1"))
    }
}

fn parse(text: &str) -> Option<FlinkVersion> {
    let release = text.split_once('-').map_or(text, |(release, _)| release);
    let mut numbers = release.split('.').map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let version = FlinkVersion::new(numbers.next()??, numbers.next()??);
    let patch_is_a_number = numbers.next().is_none_or(|patch| patch.is_some());
    (patch_is_a_number && numbers.next().is_none()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, major, minor) in [("1.18", 1, 18), ("2.2.1", 2, 2), ("2.3-SNAPSHOT", 2, 3)] {
            assert_eq!(text.parse::<FlinkVersion>().unwrap(), FlinkVersion::new(major, minor));
        }
        for text in ["", "2", "1.", "1.x", "v1.18", "1.18.x", "1.18.0.1", "1.+8", "1.300"] {
            let error = text.parse::<FlinkVersion>().unwrap_err();
            assert_eq!(error.message(), format!("{text:?} is no Flink version"));
        }
        assert!(FlinkVersion::new(1, 9) < FlinkVersion::new(1, 18));
        assert!(FlinkVersion::new(1, 20) < FlinkVersion::new(2, 0));
    }
}
