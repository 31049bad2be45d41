//! The number of tests that passed and failed, read from the output of the test programs.

use std::fmt;

/// The counts of one program.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Counts {
    /// Adds the counts in a line of `cargo nextest run`, if it is the summary. (Its output also repeats that of failing
    /// tests, which looks like `cargo test`.)
    pub fn read_nextest(&mut self, line: &str) {
        let line = plain(line);
        if let Some((_, sum)) = line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once(" run:")) {
            self.read(sum);
        }
    }

    /// Adds the counts in a line of `cargo test`, if it is a summary.
    pub fn read_cargo_test(&mut self, line: &str) {
        if let Some(sum) = plain(line).strip_prefix("test result:") {
            self.read(sum);
        }
    }

    /// Adds the counts of another program.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    fn read(&mut self, sum: &str) {
        let words: Vec<&str> =
            sum.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            match (pair[0].parse::<u64>(), pair[1]) {
                (Ok(count), "passed") => self.passed += count,
                (Ok(count), "failed" | "timed" | "exec") => self.failed += count,
                _ => {}
            }
        }
    }

    /// Reads Playwright's report in JSON.
    pub fn of_playwright(report: &serde_json::Value) -> Option<Self> {
        let stats = report.get("stats")?;
        let count = |name: &str| stats.get(name)?.as_u64();
        // A flaky test failed once: with retries off there are none, and with retries on it is no success.
        Some(Self { passed: count("expected")?, failed: count("unexpected")? + count("flaky")? })
    }
}

/// Returns the line without colours.
fn plain(line: &str) -> String {
    let mut pieces = line.split('\u{1b}');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_sums_up_in_one_line() {
        let mut counts = Counts::default();
        counts.read_nextest("test result: FAILED. 0 passed; 1 failed");
        counts.read_nextest("\u{1b}[31;1m     Summary\u{1b}[0m [   0.3s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped");
        assert_eq!(counts, Counts { passed: 3, failed: 2 });
    }

    #[test]
    fn cargo_test_sums_up_once_for_each_program() {
        let mut counts = Counts::default();
        counts.read_cargo_test(
            "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        counts.read_cargo_test("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.read_cargo_test("test a::b ... ok");
        assert_eq!(counts, Counts { passed: 5, failed: 2 });
    }
}
