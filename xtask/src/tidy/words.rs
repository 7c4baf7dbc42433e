//! Words that Rust code, scripts and tests may not hold, each with its reason.

use super::{File, Finding, has_extension, is_test, line_of, rust::Rust, words_in};

/// Unfinished work. Comments count, strings don't.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "FIXME", "TODO", "XXX"];
/// Ways from a text to a page's structure or code (B-rules, promise 7).
const UNSAFE_IN_PAGE: &[&str] =
    &["inner_html", "set_inner_html", "outer_html", "set_outer_html", "insert_adjacent_html"];
/// The same in scripts.
const UNSAFE_IN_SCRIPT: &[&str] =
    &["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function("];
/// Waiting for a time instead of a fact.
const WAITING: &[&str] = &["thread::sleep", "time::sleep", "sleep_ms"];
/// What makes a string SQL.
const SQL: &[&str] = &["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP ", "WHERE "];

/// The rules of this family.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if let Some(rust) = &file.rust {
            findings.extend(in_rust(file, rust));
        } else if has_extension(&file.path, &["js", "mjs"]) {
            let why = "text becomes text nodes";
            findings.extend(all(file, file.text(), UNFINISHED, "finish it or open an issue"));
            // The tests look for exactly these words in what a hostile page or model does.
            if !file.path.starts_with("tests/") {
                findings.extend(all(file, file.text(), UNSAFE_IN_SCRIPT, why));
            }
        }
    }
    findings
}

fn in_rust(file: &File, rust: &Rust) -> Vec<Finding> {
    let code = &rust.code;
    let mut findings = all(file, &rust.with_comments, UNFINISHED, "finish it or open an issue");
    findings.extend(all(file, code, UNSAFE_IN_PAGE, "text becomes text nodes"));
    findings.extend(all(file, code, &["#[ignore"], "a test that does not run proves nothing"));
    let is_test_file = is_test(&file.path);
    let mut waiting = all(file, code, WAITING, "a test waits for a fact, never for a time");
    waiting.retain(|finding| is_test_file || rust.is_test(finding.line));
    findings.extend(waiting);
    if file.path.starts_with("relay/src/store") {
        findings.extend(formatted_sql(file, rust));
    }
    findings
}

fn all(file: &File, text: &str, words: &[&str], why: &str) -> Vec<Finding> {
    let finding = |word: &str, at| file.finding(line_of(text, at), format!("{word}: {why}"));
    words.iter().flat_map(|word| words_in(text, word).map(|at| finding(word, at))).collect()
}

/// `format!` and its relatives whose text is SQL: values are bound, never written into a statement.
fn formatted_sql(file: &File, rust: &Rust) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["format!", "write!", "writeln!", "format_args!"] {
        for at in words_in(&rust.code, name) {
            let end = call_end(&rust.code, at);
            let text = file.text().get(at..end).unwrap_or_default().to_uppercase();
            let line = line_of(&rust.code, at);
            if SQL.iter().any(|word| text.contains(word)) && !rust.is_test(line) {
                findings.push(file.finding(line, "SQL is a constant with bound values"));
            }
        }
    }
    findings
}

/// Where the parenthesis that opens after `at` closes.
fn call_end(code: &str, at: usize) -> usize {
    let mut depth = 0_i32;
    for (offset, c) in code[at..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => continue,
        }
        if depth <= 0 {
            return at + offset;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::found;

    #[test]
    fn unfinished_work_is_found_in_code_and_comments_but_not_in_strings() {
        for line in ["todo!()", "unimplemented!(\"x\")", "// FIXME: x", "/* TODO */"] {
            assert_eq!(found(check, &[("a.rs", line)]).len(), 1, "{line}");
        }
        assert!(found(check, &[("a.rs", "let a = \"TODO\";")]).is_empty());
        assert_eq!(found(check, &[("www/a.js", "// TODO")]).len(), 1);
    }

    #[test]
    fn no_text_becomes_structure() {
        let code = "a();\nnode.set_inner_html(text);";
        let lines = ["widget/src/dom.rs:2: set_inner_html: text becomes text nodes"];
        assert_eq!(found(check, &[("widget/src/dom.rs", code)]), lines);
        for code in ["a.innerHTML = b", "eval(a)", "new Function(a)", "a.insertAdjacentHTML(b)"] {
            assert_eq!(found(check, &[("www/a.js", code)]).len(), 1, "{code}");
        }
        assert!(found(check, &[("www/a.js", "retrieval(a)")]).is_empty());
    }

    #[test]
    fn a_test_neither_sleeps_nor_is_left_out() {
        assert_eq!(found(check, &[("a.rs", "#[test]\n#[ignore]\nfn a() {}")]).len(), 1);
        assert_eq!(found(check, &[("a.rs", "#[ignore = \"slow\"]\nfn a() {}")]).len(), 1);
        assert_eq!(found(check, &[("tests/e2e/a.rs", "tokio::time::sleep(x).await")]).len(), 1);
        let inline = "#[cfg(test)]\nmod tests {\n  fn a() { std::thread::sleep(x) }\n}";
        assert_eq!(found(check, &[("relay/src/a.rs", inline)]).len(), 1);
        assert!(found(check, &[("relay/src/a.rs", "clock.time::sleep(x)")]).is_empty());
        assert!(found(check, &[("tests/src/llm.rs", "tokio::time::sleep(pace)")]).is_empty());
    }

    #[test]
    fn no_value_is_written_into_a_statement() {
        let code = "let q = format!(\n  \"select a from b where c = {c}\");";
        assert_eq!(
            found(check, &[("relay/src/store/a.rs", code)]),
            ["relay/src/store/a.rs:1: SQL is a constant with bound values"]
        );
        assert!(found(check, &[("relay/src/store/a.rs", "format!(\"no row {id}\")")]).is_empty());
        assert!(found(check, &[("relay/src/cli.rs", code)]).is_empty());
    }
}
