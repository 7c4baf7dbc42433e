//! How many tests passed, read from the closing lines of nextest, `cargo test`, `node --test`
//! and the fault rig.

use std::fmt;

/// Tests of all runners together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    /// Adds what `line` counts, if it is a line that counts. Colours must be off.
    pub(super) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("Summary [") {
            self.nextest(rest);
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += number_before(rest, " passed");
            self.failed += number_before(rest, " failed");
        } else if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            self.passed += number_after(rest, "pass ");
            self.failed += number_after(rest, "fail ") + number_after(rest, "cancelled ");
        } else {
            let rig = Self {
                passed: number_before(line, " passed"),
                failed: number_before(line, " failed"),
            };
            // The rig closes as we do, with a line that holds nothing else.
            if rig.to_string() == line {
                self.passed += rig.passed;
                self.failed += rig.failed;
            }
        }
    }

    /// `  1.234s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 0 skipped`
    fn nextest(&mut self, rest: &str) {
        let Some((_, counts)) = rest.split_once(" run: ") else { return };
        self.passed += number_before(counts, " passed");
        for kind in [" failed", " timed out", " exec failed"] {
            self.failed += number_before(counts, kind);
        }
    }
}

/// The number in front of the first `word`.
fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    let start = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    before.get(start..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The number after `word`, where the line is nothing else.
fn number_after(text: &str, word: &str) -> u64 {
    text.strip_prefix(word).and_then(|number| number.parse().ok()).unwrap_or(0)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> (u64, u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        (tally.passed, tally.failed)
    }

    #[test]
    fn the_closing_line_of_nextest_counts() {
        let line = "     Summary [   1.234s] 12 tests run: 12 passed (1 slow), 3 skipped";
        assert_eq!(counted(&[line]), (12, 0));
        let line =
            "     Summary [  61.000s] 9/12 tests run: 6 passed, 2 failed, 1 timed out, 0 skipped";
        assert_eq!(counted(&[line]), (6, 3));
    }

    #[test]
    fn each_closing_line_of_cargo_test_counts() {
        let lines = [
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished",
            "test a_sentence ... ok",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        assert_eq!(counted(&lines), (6, 2));
    }

    #[test]
    fn the_closing_lines_of_node_count_in_both_of_its_formats() {
        assert_eq!(counted(&["ℹ tests 8", "ℹ pass 7", "ℹ fail 1", "ℹ cancelled 0"]), (7, 1));
        assert_eq!(counted(&["# pass 4", "# fail 0", "# cancelled 2", "# duration_ms 3"]), (4, 2));
    }

    #[test]
    fn the_closing_line_of_the_rig_counts() {
        assert_eq!(counted(&["1 passed, 0 failed", "2 passed, 1 failed"]), (3, 1));
        assert_eq!(counted(&["in all 2 passed, 1 failed", "2 passed, 1 failed, 3 left"]), (0, 0));
    }

    #[test]
    fn the_words_of_a_test_do_not_count() {
        assert_eq!(counted(&["3 passed", "# pass the salt 4", "ℹ passing 3"]), (0, 0));
    }

    #[test]
    fn the_last_line_is_as_promised() {
        assert_eq!(Tally { passed: 12, failed: 0 }.to_string(), "12 passed, 0 failed");
    }
}
