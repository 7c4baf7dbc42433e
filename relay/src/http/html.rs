//! What the pages share: the template's placeholders, the reader's languages.

use axum::http::{HeaderMap, header};

/// What the browser's user reads, best first.
pub(super) fn preferred(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let tags = languages.unwrap_or_default().split(',');
    let tags = tags.filter_map(|entry| entry.split(';').next()).map(str::trim);
    tags.filter(|tag| !tag.is_empty())
}

/// Replaces each placeholder in one pass: what a value holds is never read as a placeholder.
pub(super) fn substitute(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len() + 1024);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        page.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = values.iter().find(|(name, _)| rest.starts_with(name));
        let (name, value) = known.map_or(("{{", "{{"), |(name, value)| (*name, value.as_str()));
        page.push_str(value);
        rest = &rest[name.len()..];
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let values = [("{{A}}", "{{B}}".to_owned()), ("{{B}}", "two".to_owned())];
        assert_eq!(substitute("{{A}} {{B}} {{C}} {", &values), "{{B}} two {{C}} {");
    }
}
