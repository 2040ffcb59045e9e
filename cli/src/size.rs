//! Sizes and counts for people.

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Bytes with a binary unit and one digit behind the point, rounded down.
pub(crate) fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut scaled, mut unit) = (bytes, "");
    let mut rest = 0;
    for next in UNITS {
        if scaled < 1024 {
            break;
        }
        rest = scaled % 1024;
        scaled /= 1024;
        unit = next;
    }
    format!("{scaled}.{} {unit}", rest * 10 / 1024)
}

/// A number of things, with the plural of their name.
pub(crate) fn count(number: u64, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn binary_units() {
        assert_eq!(human(0), "0 B");
        assert_eq!(human(1023), "1023 B");
        assert_eq!(human(1024), "1.0 KiB");
        assert_eq!(human(1_536), "1.5 KiB");
        assert_eq!(human(5 << 30), "5.0 GiB");
        assert_eq!(human(u64::MAX), "15.9 EiB");
    }
}
