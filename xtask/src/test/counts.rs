//! The number of tests that passed and failed, and the names of those that failed, read from the output of the test
//! programs.

use std::fmt;

use serde_json::Value;

/// The counts of one program.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    /// The names of failed tests, as far as the program reports them.
    pub failures: Vec<String>,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Counts {
    /// Adds the counts in a line of `cargo nextest run`, if it is the summary, or the name of the failed test in it.
    /// (Its output also repeats that of failing tests, which looks like `cargo test`.)
    pub fn read_nextest(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim_start();
        if let Some((_, sum)) = line.strip_prefix("Summary [").and_then(|rest| rest.split_once(" run:")) {
            self.read(sum);
        } else if let Some((status, rest)) = line.split_once(" [")
            && NEXTEST_FAILURES.contains(&status)
            && let Some((_, test)) = rest.split_once("] ")
        {
            // The line of a running test has its number first, the line of the summary may not.
            let name = test.trim_start_matches(|c: char| "(/)".contains(c) || c.is_ascii_digit() || c.is_whitespace());
            if !self.failures.iter().any(|known| known == name) {
                self.failures.push(name.to_owned());
            }
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
        self.failures.extend(other.failures);
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
    pub fn of_playwright(report: &Value) -> Option<Self> {
        let stats = report.get("stats")?;
        let count = |name: &str| stats.get(name)?.as_u64();
        let mut failures = Vec::new();
        list_failures(report, &mut failures);
        // A flaky test failed once: with retries off there are none, and with retries on it is no success.
        Some(Self { passed: count("expected")?, failed: count("unexpected")? + count("flaky")?, failures })
    }
}

/// The statuses of a failed test in the output of `cargo nextest run`.
const NEXTEST_FAILURES: [&str; 5] = ["FAIL", "TIMEOUT", "SIGABRT", "SIGSEGV", "SIGKILL"];

/// Lists the failed tests of a suite in Playwright's report, and of the suites in it.
fn list_failures(suite: &Value, failures: &mut Vec<String>) {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    for spec in list(suite, "specs") {
        for test in list(&spec, "tests") {
            if matches!(text(&test, "status").as_str(), "unexpected" | "flaky") {
                let (file, title) = (text(&spec, "file"), text(&spec, "title"));
                failures.push(format!("{file} \"{title}\" ({})", text(&test, "projectName")));
            }
        }
    }
    for inner in list(suite, "suites") {
        list_failures(&inner, failures);
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
    fn reads_counts_from_the_nextest_summary() {
        let mut counts = Counts::default();
        counts.read_nextest("test result: FAILED. 0 passed; 1 failed");
        counts.read_nextest("\u{1b}[31;1m        FAIL\u{1b}[0m [   0.210s] (3/5) kith::tests sessions::expire");
        counts.read_nextest("\u{1b}[31;1m     Summary\u{1b}[0m [   0.3s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped");
        counts.read_nextest("\u{1b}[31;1m        FAIL\u{1b}[0m [   0.210s] kith::tests sessions::expire");
        assert_eq!(counts, Counts { passed: 3, failed: 2, failures: vec!["kith::tests sessions::expire".to_owned()] });
    }

    #[test]
    fn playwright_reports_failed_tests_by_file_title_and_project() {
        let test = |status: &str| serde_json::json!({ "projectName": "js", "status": status });
        let spec = |title: &str, status: &str| serde_json::json!({ "file": "a.spec.ts", "title": title, "tests": [test(status)] });
        let report = serde_json::json!({
            "stats": { "expected": 1, "unexpected": 1, "flaky": 0 },
            "suites": [{ "specs": [spec("opens", "expected")], "suites": [{ "specs": [spec("closes", "unexpected")] }] }],
        });
        let failures = vec!["a.spec.ts \"closes\" (js)".to_owned()];
        assert_eq!(Counts::of_playwright(&report), Some(Counts { passed: 1, failed: 1, failures }));
    }

    #[test]
    fn adds_cargo_test_counts_of_each_program() {
        let mut counts = Counts::default();
        counts.read_cargo_test(
            "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        counts.read_cargo_test("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.read_cargo_test("test a::b ... ok");
        assert_eq!((counts.passed, counts.failed), (5, 2));
    }
}
