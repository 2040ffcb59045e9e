//! Where the key groups of one subtask's stream lie.

use std::ops::Range;

use crate::error::{Error, Result};

/// Most key groups that an operator can have.
pub(crate) const MAX_KEY_GROUPS: u32 = 32_768;

/// The key groups of one handle and the bytes of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyGroups {
    first: u16,
    /// Empty for a key group without data.
    ranges: Vec<Range<u64>>,
    /// The key group behind which others may follow that are not of the handle.
    open: Option<u16>,
}

impl KeyGroups {
    /// From the offsets of a handle: managed state starts behind the header and has 0 for a key group without data,
    /// raw state has -1.
    ///
    /// # Errors
    /// Offsets outside of the stream, or not ascending.
    pub(crate) fn new(first: u32, offsets: &[i64], header: Option<u64>, size: u64) -> Result<Self> {
        let count = u32::try_from(offsets.len()).unwrap_or(u32::MAX);
        let Ok(first) = u16::try_from(first) else {
            return Err(Error::data(format!("first key group {first}")));
        };
        if u32::from(first).saturating_add(count) > MAX_KEY_GROUPS {
            return Err(Error::data(format!("{count} key groups from {first} on")));
        }
        let absent = if header.is_some() { 0 } else { -1 };
        let mut ranges = vec![0..0; offsets.len()];
        let mut end = size;
        for (range, &offset) in ranges.iter_mut().zip(offsets).rev() {
            if offset == absent {
                continue;
            }
            match u64::try_from(offset) {
                Ok(start) if start >= header.unwrap_or(0) && (start < end || header.is_none() && start == end) => {
                    *range = start..end;
                    end = start;
                }
                _ => {
                    return Err(Error::data(format!(
                        "offset {offset} of a key group is not between the header and the next key group at {end}"
                    )));
                }
            }
        }
        Ok(Self { first, ranges, open: None })
    }

    /// Those of a handle that may have lost key groups of its stream in front and at the end, as rescaling clips it: where
    /// the last one ends is not known.
    pub(crate) fn clipped(self) -> Self {
        Self { open: self.iter().last().map(|(key_group, _)| key_group), ..self }
    }

    /// Whether other key groups may follow within the bytes of this one.
    pub(crate) fn is_open(&self, key_group: u16) -> bool {
        self.open == Some(key_group)
    }

    /// Each key group with data, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, Range<u64>)> + '_ {
        (self.first..).zip(self.ranges.iter().cloned()).filter(|(_, range)| !range.is_empty())
    }

    /// The smallest position of a key group that has one: where the header ends.
    pub(crate) fn header_end(offsets: &[i64]) -> Option<u64> {
        offsets.iter().filter_map(|&o| u64::try_from(o).ok()).filter(|&o| o > 0).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_group_ends_where_the_next_one_with_data_starts() {
        let groups = KeyGroups::new(4, &[100, 0, 150, 0], Some(90), 200).unwrap();
        assert_eq!(groups.iter().collect::<Vec<_>>(), [(4, 100..150), (6, 150..200)]);
        assert!(!groups.is_open(6));
        let clipped = groups.clipped();
        assert_eq!([4, 5, 6, 7].map(|key_group| clipped.is_open(key_group)), [false, false, true, false]);
        let raw = KeyGroups::new(0, &[0, -1, 8], None, 9).unwrap();
        assert_eq!(raw.iter().collect::<Vec<_>>(), [(0, 0..8), (2, 8..9)]);
    }

    #[test]
    fn offsets_must_ascend_behind_the_header() {
        for offsets in [&[89][..], &[200], &[-1], &[150, 100], &[100, 100]] {
            assert!(KeyGroups::new(0, offsets, Some(90), 200).is_err(), "{offsets:?}");
        }
        assert!(KeyGroups::new(32_767, &[100, 0], Some(90), 200).is_err());
    }
}
