//! Numbers in a form that is easy to read.

/// `7`, `1,204`, `12.3K`, `4.1M`: exact as long as it is short.
pub fn short(n: i64) -> String {
    match n {
        ..0 => "0".to_owned(),
        0..1_000 => n.to_string(),
        1_000..10_000 => format!("{},{:03}", n / 1_000, n % 1_000),
        10_000..1_000_000 => tenths(n / 100, 'K'),
        _ => tenths(n / 100_000, 'M'),
    }
}

/// A count with its noun: `1 reply`, `3 replies`.
pub fn of(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", short(n), if n == 1 { one } else { many })
}

fn tenths(n: i64, unit: char) -> String {
    if n % 10 == 0 || n >= 1_000 { format!("{}{unit}", n / 10) } else { format!("{}.{}{unit}", n / 10, n % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_counts_from_ten_thousand_and_pluralises_nouns() {
        let said: Vec<String> =
            [-1, 0, 999, 1_000, 9_999, 10_000, 12_345, 123_456, 999_999, 1_000_000, 4_120_000].map(short).into();
        assert_eq!(said, ["0", "0", "999", "1,000", "9,999", "10K", "12.3K", "123K", "999K", "1M", "4.1M"]);
        assert_eq!(of(1, "reply", "replies"), "1 reply");
        assert_eq!(of(0, "reply", "replies"), "0 replies");
    }
}
