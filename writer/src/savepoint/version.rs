//! Flink releases, and what they can restore.

use std::fmt;
use std::str::FromStr;

use flink_state_reader::{Error, Result};

/// A line of Flink releases, e.g. `1.20`.
///
/// ```
/// use flink_state_writer::savepoint::FlinkVersion;
///
/// let version: FlinkVersion = "1.20.3".parse()?;
/// assert_eq!(version.to_string(), "1.20");
/// assert_eq!(version.newest_metadata()?, 4);
/// assert!("1.12".parse::<FlinkVersion>()?.newest_metadata().is_err());
/// # Ok::<(), flink_state_writer::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlinkVersion {
    /// 1 or 2.
    pub major: u16,
    /// The second number.
    pub minor: u16,
}

/// The version of `_metadata` that Flink 1.11 and everything later reads.
const WIDEST: u32 = 3;

/// The newest version that a Flink release writes.
const NEWEST: u32 = 6;

impl FlinkVersion {
    /// A line of releases.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The newest version of `_metadata` that it reads.
    ///
    /// # Errors
    /// Flink 1.12 and older, whose savepoints depend on the state backend of the job.
    pub fn newest_metadata(self) -> Result<u32> {
        match (self.major, self.minor) {
            (0, _) | (1, ..=12) => Err(Error::unsupported(format!("savepoints for Flink {self} can't be written"))
                .with_hint(
                    "before 1.13 each state backend had a savepoint format of its own, and relative paths and \
                     coordinator state came with 1.11: restore with Flink 1.13 or later",
                )),
            (1, ..=15) => Ok(3),
            (1, _) => Ok(4),
            (2, 0) => Ok(5),
            _ => Ok(NEWEST),
        }
    }
}

/// The version of `_metadata` to write: that of the source, if the target reads it.
///
/// # Errors
/// A target that can't be written for.
pub(crate) fn metadata_version(source: Option<u32>, target: Option<FlinkVersion>) -> Result<u32> {
    // Version 2 has no relative paths.
    let wanted = source.unwrap_or(WIDEST).clamp(WIDEST, NEWEST);
    match target {
        Some(target) => Ok(wanted.min(target.newest_metadata()?)),
        None => Ok(wanted),
    }
}

impl FromStr for FlinkVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        match (number(), number()) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(Error::usage(format!("'{text}' is no Flink version: 1.20 or 2.2.1, for example"))),
        }
    }
}

impl fmt::Display for FlinkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_decides_as_long_as_the_target_reads_it() {
        let target = |text: &str| Some(text.parse().unwrap());
        assert_eq!(metadata_version(None, None).unwrap(), 3);
        assert_eq!(metadata_version(Some(2), None).unwrap(), 3);
        assert_eq!(metadata_version(Some(6), None).unwrap(), 6);
        assert_eq!(metadata_version(Some(6), target("2.0")).unwrap(), 5);
        assert_eq!(metadata_version(Some(4), target("2.2.1")).unwrap(), 4);
        assert_eq!(metadata_version(Some(4), target("1.13")).unwrap(), 3);
        let error = metadata_version(None, target("1.12.5")).unwrap_err();
        assert_eq!(error.to_string(), "savepoints for Flink 1.12 can't be written");
        assert!(error.hint().unwrap().contains("1.13"));
        assert!("1".parse::<FlinkVersion>().is_err());
    }
}
