//! Whether the bytes of a file are a text, and what they are instead.

use std::path::Path;

use super::DocumentError;

/// The bytes as text, or what they are instead.
pub(super) fn check(path: &Path, bytes: Vec<u8>) -> Result<String, DocumentError> {
    let other = |what: &str| {
        Err(DocumentError::new(
            path,
            format!("not a text but {what}"),
            "Save its text as .md or .txt in UTF-8",
        ))
    };
    if bytes.starts_with(b"%PDF-") {
        return other("a PDF");
    }
    if bytes.starts_with(b"{\\rtf") {
        return other("RTF");
    }
    let head = bytes.trim_ascii_start();
    let is_html = |tag: &[u8]| head.get(..tag.len()).is_some_and(|at| at.eq_ignore_ascii_case(tag));
    if is_html(b"<!doctype") || is_html(b"<html") {
        return other("HTML");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return other("a ZIP or an office document");
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return other("UTF-16");
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let mut error = DocumentError::new(
            path,
            "not a text: it holds a zero byte",
            "Save its text as .md or .txt in UTF-8",
        );
        error.line = Some(line_of(&bytes, at));
        return Err(error);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let remedy = "Save it in UTF-8; older editors call their own encoding ANSI or Latin 1";
        let mut problem = DocumentError::new(path, "not UTF-8", remedy);
        problem.line = Some(line_of(error.as_bytes(), at));
        problem
    })?;
    if text.trim().is_empty() {
        return Err(DocumentError::new(path, "empty", "Write something into it, or remove it"));
    }
    Ok(text)
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}
