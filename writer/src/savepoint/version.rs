//! The version of `_metadata` for a Flink release.

use flink_state_reader::{Error, Result};

use crate::FlinkVersion;

/// The version of `_metadata` that Flink 1.11 and everything later reads.
const WIDEST: u32 = 3;

/// The newest version that a Flink release writes.
const NEWEST: u32 = 6;

/// The oldest and the newest release that can be written for.
const OLDEST_TARGET: FlinkVersion = FlinkVersion::new(1, 13);
const NEWEST_TARGET: FlinkVersion = FlinkVersion::new(2, 3);

impl FlinkVersion {
    /// The oldest and the newest release that restores what is written from a source with this version of `_metadata`
    /// when no release is given.
    pub fn targets(metadata: u32) -> (Self, Self) {
        let oldest = match metadata {
            ..=WIDEST => OLDEST_TARGET,
            4 => Self::new(1, 16),
            5 => Self::new(2, 0),
            _ => Self::new(2, 1),
        };
        (oldest, NEWEST_TARGET)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_what_is_written() {
        for metadata in 2..=NEWEST {
            let (oldest, newest) = FlinkVersion::targets(metadata);
            let written = metadata_version(Some(metadata), None).unwrap();
            assert!(oldest.newest_metadata().unwrap() >= written && newest >= oldest);
            let older = FlinkVersion::new(oldest.major, oldest.minor.wrapping_sub(1));
            assert!(
                older.newest_metadata().is_ok_and(|newest| newest < written)
                    || oldest == OLDEST_TARGET
                    || oldest.minor == 0
            );
        }
    }

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
    }
}
