//! Contacts in words: what may be an e-mail address or a telephone number, for who asks what is kept
//! about a person. It finds more than is one; a prompt has finders of its own.

/// The fewest digits of a telephone number that is looked for when somebody asks, and the most (E.164).
const FEWEST_DIGITS: usize = 7;
const MOST_DIGITS: usize = 15;

/// What may be an e-mail address in a text, whatever stands around it.
pub fn emails_in(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || r#",;:<>()[]{}"|/\"#.contains(c);
    text.split(ends)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.contains('@'))
}

/// What may be a telephone number in a text, with or without a leading zero: groups of digits with the
/// usual separators between them, as many as make one, wherever it begins.
pub fn phones_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let runs = std::iter::from_fn(move || {
        let start = rest.find(|c: char| c == '+' || c.is_numeric())?;
        let (run, after) = rest[start..].split_at(run_end(&rest[start..]));
        rest = after;
        Some(run)
    });
    runs.flat_map(|run| {
        let groups = groups(run);
        let starts = groups.clone().into_iter().enumerate();
        starts.flat_map(move |(n, (start, ..))| {
            let mut digits = 0;
            let ends = groups[n..].iter().map(move |(_, end, more)| {
                digits += more;
                (*end, digits)
            });
            let ends: Vec<_> = ends.take_while(|(_, digits)| *digits <= MOST_DIGITS).collect();
            let long = ends.into_iter().filter(|(_, digits)| FEWEST_DIGITS <= *digits);
            long.map(move |(end, _)| &run[start..end])
        })
    })
}

/// The groups of digits in a run: where each begins, with a plus before it, and ends, and how many
/// digits it has.
fn groups(run: &str) -> Vec<(usize, usize, usize)> {
    let mut groups: Vec<(usize, usize, usize)> = Vec::new();
    let mut was_digit = false;
    for (at, c) in run.char_indices() {
        match groups.last_mut() {
            Some((_, end, digits)) if c.is_numeric() && was_digit => {
                (*end, *digits) = (at + c.len_utf8(), *digits + 1);
            }
            _ if c.is_numeric() => {
                let start = if run[..at].ends_with('+') { at - 1 } else { at };
                groups.push((start, at + c.len_utf8(), 1));
            }
            _ => {}
        }
        was_digit = c.is_numeric();
    }
    groups
}

/// Where the run of digits and separators at the start of `text` ends; at least one character.
fn run_end(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if c.is_numeric() || (at == 0 && c == '+') {
            end = at + c.len_utf8();
        } else if !matches!(c, ' ' | '-' | '/' | '(' | ')' | '.' | '\u{a0}') || end + 3 < at {
            break;
        }
    }
    end
}
