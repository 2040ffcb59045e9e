//! A bar chart of one line.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar for each value, or for the mean of as many neighbours as bring them down to `width` bars. Zero is a blank,
/// the largest mean a full block.
pub(super) fn bars(values: &[u64], width: usize) -> String {
    let bars = width.min(values.len());
    let means: Vec<u64> = (0..bars)
        .filter_map(|bar| values.get(bar * values.len() / bars..(bar + 1) * values.len() / bars))
        .map(|bucket| bucket.iter().sum::<u64>().div_ceil(bucket.len() as u64))
        .collect();
    let largest = means.iter().copied().max().unwrap_or(0);
    means.into_iter().map(|mean| bar(mean, largest)).collect()
}

fn bar(value: u64, largest: u64) -> char {
    if value == 0 {
        return ' ';
    }
    let level = (u128::from(value) * BARS.len() as u128).div_ceil(u128::from(largest));
    usize::try_from(level).ok().and_then(|level| BARS.get(level - 1)).copied().unwrap_or('█')
}

/// The middle value; of two the larger.
pub(super) fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bar_a_value() {
        assert_eq!(bars(&[0, 1, 40, 80], 64), " ▁▄█");
        assert_eq!(bars(&[0, 0], 64), "  ");
        assert_eq!(bars(&[], 64), "");
        assert_eq!(bars(&[u64::MAX, 1], 64), "█▁");
    }

    #[test]
    fn neighbours_share_a_bar() {
        assert_eq!(bars(&[0, 0, 10, 30, 40, 40], 3), " ▄█");
        assert_eq!(bars(&[8; 128], 64), "█".repeat(64));
        assert_eq!(bars(&[8; 100], 64), "█".repeat(64));
    }

    #[test]
    fn median_is_a_value() {
        assert_eq!(median(&[5, 1, 3]), 3);
        assert_eq!(median(&[1, 2]), 2);
        assert_eq!(median(&[]), 0);
    }
}
