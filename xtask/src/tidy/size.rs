//! How long files and functions may be, and that each Rust file says what it is.

use super::{File, Finding, has_extension};

/// The longest file.
const FILE_LINES: usize = 400;
/// Half of the Rust files are no longer than this.
const MEDIAN_FILE_LINES: usize = 130;
/// The longest function, in lines of code.
const FUNCTION_LINES: usize = 70;
/// Nine of ten functions are no longer than this.
const P90_FUNCTION_LINES: usize = 35;

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_code(file)) {
        let lines = file.text().lines().count();
        if FILE_LINES < lines {
            findings.push(file.finding(0, format!("{lines} lines; the limit is {FILE_LINES}")));
        }
        if let Some(rust) = &file.rust {
            if !file.text().starts_with("//!") {
                findings.push(file.finding(1, "a file opens with //! and says what it is"));
            }
            for function in rust.functions.iter().filter(|f| FUNCTION_LINES < f.length) {
                let what = format!("{} has {} lines", function.name, function.length);
                findings.push(file.finding(function.line, what + "; the limit is 70"));
            }
        }
        if file.path.ends_with("/mod.rs") {
            findings.push(file.finding(0, "a module is foo.rs beside foo/, never mod.rs"));
        }
    }
    let measured = Measured::new(files);
    for (what, value, limit) in [
        ("the median Rust file", measured.median_file, MEDIAN_FILE_LINES),
        ("the ninth of ten functions", measured.p90_function, P90_FUNCTION_LINES),
    ] {
        if limit < value {
            let what = format!("{what} has {value} lines; the limit is {limit}");
            findings.push(Finding { path: "the tree".into(), line: 0, what });
        }
    }
    findings
}

/// One line with the figures, for the end of the report.
pub(super) fn report(files: &[File]) -> String {
    let Measured {
        n_files,
        median_file,
        longest_file,
        n_functions,
        p90_function,
        longest_function,
    } = Measured::new(files);
    format!(
        "{n_files} Rust files: median {median_file}, longest {longest_file} lines; \
         {n_functions} functions: p90 {p90_function}, longest {longest_function} lines"
    )
}

fn is_code(file: &File) -> bool {
    has_extension(&file.path, &["rs", "js", "mjs"])
}

struct Measured {
    n_files: usize,
    median_file: usize,
    longest_file: usize,
    n_functions: usize,
    p90_function: usize,
    longest_function: usize,
}

impl Measured {
    fn new(files: &[File]) -> Self {
        let rust = || files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)));
        let mut lengths: Vec<usize> = rust().map(|(file, _)| file.text().lines().count()).collect();
        let mut functions: Vec<usize> =
            rust().flat_map(|(_, rust)| rust.functions.iter().map(|f| f.length)).collect();
        lengths.sort_unstable();
        functions.sort_unstable();
        Self {
            n_files: lengths.len(),
            median_file: percentile(&lengths, 50),
            longest_file: percentile(&lengths, 100),
            n_functions: functions.len(),
            p90_function: percentile(&functions, 90),
            longest_function: percentile(&functions, 100),
        }
    }
}

/// The value that `percent` of the sorted values do not exceed.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::{files, found};

    #[test]
    fn a_file_opens_with_what_it_is() {
        let tree = [("a.rs", "use b;\n"), ("b.rs", "//! It is b.\n")];
        assert_eq!(found(check, &tree), ["a.rs:1: a file opens with //! and says what it is"]);
    }

    #[test]
    fn a_long_file_and_a_long_function_are_found() {
        let body = "    a();\n".repeat(69);
        let function = format!("//! x\nfn long() {{\n{body}}}\n");
        assert_eq!(
            found(
                check,
                &[("a.rs", &function), ("b.rs", "//! x\nfn s() {}\n"), ("c.rs", &many_small())]
            ),
            ["a.rs:2: long has 71 lines; the limit is 70"]
        );
        let long = format!("//! x\n{}", "// y\n".repeat(400));
        let tree = [("a.rs", long.as_str()), ("b.rs", "//! x\n"), ("w/c.js", &long)];
        let lines =
            ["a.rs:0: 401 lines; the limit is 400", "w/c.js:0: 401 lines; the limit is 400"];
        assert_eq!(found(check, &tree), lines);
    }

    fn many_small() -> String {
        format!("//! x\n{}", "fn s() {}\n".repeat(20))
    }

    #[test]
    fn the_median_and_the_ninth_of_ten_are_held() {
        let long = format!("//! x\n{}", "// y\n".repeat(130));
        let lines = found(check, &[("a.rs", &long), ("b.rs", &long), ("c.rs", "//! x\n")]);
        assert_eq!(lines, ["the tree:0: the median Rust file has 131 lines; the limit is 130"]);
        let function = format!("//! x\nfn f() {{\n{}}}\n", "a();\n".repeat(34));
        let lines = found(check, &[("a.rs", &function)]);
        assert_eq!(lines, ["the tree:0: the ninth of ten functions has 36 lines; the limit is 35"]);
    }

    #[test]
    fn no_module_is_in_a_mod_rs() {
        let lines = found(check, &[("a/mod.rs", "//! x\n")]);
        assert_eq!(lines, ["a/mod.rs:0: a module is foo.rs beside foo/, never mod.rs"]);
    }

    #[test]
    fn the_report_names_median_and_longest() {
        let tree = files(&[("a.rs", "//! x\nfn f() {}\n"), ("b.md", "text")]);
        let line = "1 Rust files: median 2, longest 2 lines; 1 functions: p90 1, longest 1 lines";
        assert_eq!(report(&tree), line);
    }
}
