//! Style sheets without comments and needless spaces. It changes no rule and orders nothing anew;
//! names and values stay as they are written.

/// The style sheet, smaller.
pub(super) fn css(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut space = false;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c.is_whitespace() {
            space = true;
            at += 1;
        } else if chars[at..].starts_with(&['/', '*']) {
            at = after_comment(&chars, at);
        } else {
            let end = token_end(&chars, at, &out);
            push(&mut out, &chars[at..end], space);
            space = false;
            at = end;
        }
    }
    out
}

fn after_comment(chars: &[char], at: usize) -> usize {
    let body = at + 2;
    let length = chars[body..].windows(2).position(|pair| pair == ['*', '/']);
    length.map_or(chars.len(), |length| body + length + 2)
}

/// The end of what must be copied as it is: a string, the inside of `url(`, else one character.
fn token_end(chars: &[char], at: usize, out: &str) -> usize {
    let closing = match chars[at] {
        quote @ ('"' | '\'') => quote,
        first if out.ends_with("url(") && first != ')' => ')',
        _ => return at + 1,
    };
    let mut end = at + 1;
    while end < chars.len() && chars[end] != closing {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + usize::from(closing != ')')).min(chars.len())
}

fn push(out: &mut String, token: &[char], space: bool) {
    let Some(first) = token.first() else { return };
    if *first == '}' && out.ends_with(';') {
        out.pop();
    }
    let glued = out.ends_with(['{', '}', ';', ',', ':', '>', '~', '('])
        || matches!(first, '{' | '}' | ';' | ',' | '>' | '~' | ')' | '!');
    if space && !out.is_empty() && !glued {
        out.push(' ');
    }
    out.extend(token);
}

#[cfg(test)]
mod tests {
    use super::css;

    #[test]
    fn comments_and_needless_spaces_go() {
        let source = "/* all */\na  >  b ,\n c { color : red ; margin: 0  auto; }\n";
        assert_eq!(css(source), "a>b,c{color :red;margin:0 auto}");
    }

    #[test]
    fn spaces_that_mean_something_stay() {
        let source = "a :hover { width: calc( 100% - 2px ) }\n@media (a) and (b) { .x .y {} }";
        let small = "a :hover{width:calc(100% - 2px)}@media (a) and (b){.x .y{}}";
        assert_eq!(css(source), small);
    }

    #[test]
    fn strings_and_addresses_are_copied_as_they_are() {
        let source =
            r#"a::after { content: "/* { ; \" } */  x"; background: url(data:a;b  c/*d) }"#;
        let small = r#"a::after{content:"/* { ; \" } */  x";background:url(data:a;b  c/*d)}"#;
        assert_eq!(css(source), small);
    }

    #[test]
    fn what_is_cut_off_ends_and_does_not_panic() {
        for source in ["/* open", "a{content:\"open", "a{b:url(open", "\"\\", ""] {
            css(source);
        }
    }

    #[test]
    fn a_small_sheet_stays_the_same() {
        let once = css("@media (min-width: 3px) { a , b { c: d !important; } }");
        assert_eq!(css(&once), once);
    }
}
