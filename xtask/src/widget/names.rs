//! Shorter names between the module and its glue. wasm-bindgen gives each import a name that ends in a
//! hash; hashes don't compress, and each stands in both files: 2 KiB to download that nobody reads.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, bail};

/// Notes of compilers, which no browser reads.
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
/// The bytes before the first section: what it is, and its version.
const HEADER: usize = 8;
const FUNCTION: u8 = 0;
/// What wasm-bindgen calls the glue within the module.
const GLUE: &str = "./widget_bg.js";

/// The module and the glue with short names for what only they say to each other. An error where
/// wasm-bindgen writes either another way than is known here: better no widget than one that can't start.
pub(super) fn shorten(wasm: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut names = Names::default();
    let mut out = wasm.get(..HEADER).context("no WebAssembly module")?.to_vec();
    let mut reader = Reader { bytes: wasm, at: HEADER };
    while reader.at < wasm.len() {
        let id = reader.byte()?;
        let length = reader.number()?;
        let section = reader.take(length)?;
        let section = match id {
            CUSTOM => continue,
            IMPORTS => imports(section, &mut names)?,
            EXPORTS => exports(section, glue, &mut names)?,
            _ => section.to_vec(),
        };
        out.push(id);
        write_bytes(&mut out, &section);
    }
    let glue = names.renamed(glue)?;
    Ok((out, glue))
}

fn imports(section: &[u8], names: &mut Names) -> Result<Vec<u8>> {
    let mut reader = Reader { bytes: section, at: 0 };
    let mut out = Vec::new();
    let count = reader.number()?;
    write_number(&mut out, count);
    for _ in 0..count {
        let (module, name) = (reader.text()?, reader.text()?);
        if module != GLUE || reader.byte()? != FUNCTION {
            bail!("{module} {name}: only functions of {GLUE} are known to be imported");
        }
        if !is_made_up(name) {
            bail!(
                "{name} is imported: that may be a word of the glue's, too, not only a name of wasm-bindgen's"
            );
        }
        write_bytes(&mut out, names.short(module).as_bytes());
        write_bytes(&mut out, names.short(name).as_bytes());
        out.push(FUNCTION);
        write_number(&mut out, reader.number()?);
    }
    Ok(out)
}

/// Only the names that wasm-bindgen made up and the glue says: those of the widget's own functions stay.
fn exports(section: &[u8], glue: &str, names: &mut Names) -> Result<Vec<u8>> {
    let mut reader = Reader { bytes: section, at: 0 };
    let mut out = Vec::new();
    let count = reader.number()?;
    write_number(&mut out, count);
    for _ in 0..count {
        let name = reader.text()?;
        let is_said = is_made_up(name) && glue.contains(name);
        let short = if is_said { names.short(name) } else { name.to_owned() };
        write_bytes(&mut out, short.as_bytes());
        out.push(reader.byte()?);
        write_number(&mut out, reader.number()?);
    }
    Ok(out)
}

/// Whether wasm-bindgen made the name up: nobody else's begins like this.
fn is_made_up(name: &str) -> bool {
    name.starts_with("__") || name.starts_with("wasm_bindgen__")
}

/// Long names and their short ones: `$` stands in no other name of the glue.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn short(&mut self, name: &str) -> String {
        let next = format!("${}", self.0.len());
        self.0.entry(name.to_owned()).or_insert(next).clone()
    }

    /// The script with each name that is a whole word replaced, and the name of the glue in its quotes.
    fn renamed(&self, script: &str) -> Result<String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        let mut missing: HashSet<&str> = self.0.keys().map(String::as_str).collect();
        let mut out = String::with_capacity(script.len());
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            if let Some((short, (name, after))) =
                quoted.and_then(|quoted| Some((self.0.get(quoted.0)?, quoted)))
            {
                missing.remove(name);
                out.extend(["\"", short, "\""]);
                rest = after;
                continue;
            }
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len()).max(first.len_utf8());
            let (word, after) = rest.split_at(length);
            missing.remove(word);
            if word.strip_prefix('$').is_some_and(|rest| rest.parse::<usize>().is_ok()) {
                bail!("the glue has a name {word} of its own");
            }
            out.push_str(self.0.get(word).map_or(word, String::as_str));
            rest = after;
        }
        if !missing.is_empty() {
            let mut missing: Vec<_> = missing.into_iter().collect();
            missing.sort_unstable();
            bail!("the module says {}, the glue does not", missing.join(", "));
        }
        Ok(out)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.saturating_add(length);
        let taken = self.bytes.get(self.at..end).context("the module is cut off")?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// Unsigned LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("a number of the module is too large")
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).context("a name of the module is no text")
    }
}

/// Unsigned LEB128.
fn write_number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that imports one function and exports two, and a section of another kind.
    fn module() -> Vec<u8> {
        let mut imports = vec![1];
        write_bytes(&mut imports, GLUE.as_bytes());
        write_bytes(&mut imports, b"__wbg_now_0123456789abcdef");
        imports.extend([FUNCTION, 3]);
        let mut exports = vec![2];
        for (name, index) in [(&b"__wbindgen_start"[..], 1), (b"mount", 2)] {
            write_bytes(&mut exports, name);
            exports.extend([FUNCTION, index]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, section) in
            [(IMPORTS, imports), (EXPORTS, exports), (CUSTOM, vec![4; 9]), (10, vec![7; 200])]
        {
            wasm.push(id);
            write_bytes(&mut wasm, &section);
        }
        wasm
    }

    #[test]
    fn both_sides_get_the_same_short_names_and_the_widgets_own_stay() {
        let glue = "import0 = { __wbg_now_0123456789abcdef: now, __wbg_now: 1 };\n\
                    of({ \"./widget_bg.js\": import0 }); wasm.__wbindgen_start(); wasm.mount(\"é\");";
        let (wasm, glue) = shorten(&module(), glue).unwrap();
        assert_eq!(
            glue,
            "import0 = { $1: now, __wbg_now: 1 };\n\
             of({ \"$0\": import0 }); wasm.$2(); wasm.mount(\"é\");"
        );
        let text = String::from_utf8_lossy(&wasm);
        assert!(
            text.contains("\x02$0\x02$1\0\x03") && text.contains("\x02$2\0\x01\x05mount\0\x02")
        );
        assert!(!wasm.windows(9).any(|bytes| bytes == [4; 9]));
        assert!(wasm.ends_with(&[7; 200]) && wasm.len() < module().len());
    }

    /// The glue of that module.
    const SCRIPT: &str = "import0 = { __wbg_now_0123456789abcdef: now }; \
                          of({ \"./widget_bg.js\": import0 }); wasm.__wbindgen_start();";

    #[test]
    fn a_name_in_quotes_is_replaced_whatever_its_length() {
        let glue = SCRIPT.replace(".__wbindgen_start", "[\"__wbindgen_start\"]");
        let (_, glue) = shorten(&module(), &glue).unwrap();
        assert!(glue.ends_with("of({ \"$0\": import0 }); wasm[\"$2\"]();"), "{glue}");
    }

    #[test]
    fn an_export_that_the_glue_does_not_say_keeps_its_name() {
        let glue = SCRIPT.replace("__wbindgen_start", "mount");
        let (wasm, _) = shorten(&module(), &glue).unwrap();
        assert!(String::from_utf8_lossy(&wasm).contains("\x10__wbindgen_start\0\x01"));
    }

    #[test]
    fn glue_that_says_a_name_another_way_is_refused() {
        shorten(&module(), SCRIPT).unwrap();
        let changes = [
            ("__wbg_now_0123456789abcdef", "__wbg_now_fedcba9876543210", "the module says"),
            ("\"./widget_bg.js\"", "'./widget_bg.js'", "the module says ./widget_bg.js"),
            ("__wbindgen_start", "__wbindgen_started", "the module says __wbindgen_start,"),
            ("now }", "$1 }", "a name $1 of its own"),
        ];
        for (is, becomes, says) in changes {
            assert!(SCRIPT.contains(is));
            let error = shorten(&module(), &SCRIPT.replace(is, becomes)).unwrap_err().to_string();
            assert!(error.contains(says), "{becomes}: {error}");
        }
    }

    #[test]
    fn an_import_that_may_be_any_word_of_the_glue_is_refused() {
        let module = String::from_utf8_lossy(&module()).into_owned();
        let module = module.replace("__wbg_now_0123456789abcdef", "length____________________");
        let error = shorten(module.as_bytes(), SCRIPT).unwrap_err().to_string();
        assert!(error.contains("length____________________ is imported"), "{error}");
    }

    #[test]
    fn a_module_that_is_cut_off_or_imports_something_else_is_refused() {
        let whole = module();
        for end in [4, 12, 40, whole.len() - 1] {
            let error = shorten(&whole[..end], SCRIPT).unwrap_err().to_string();
            assert!(
                error.contains("cut off") || error.contains("no WebAssembly"),
                "{end}: {error}"
            );
        }
        let other = String::from_utf8_lossy(&whole).replace(GLUE, "./another_g.js");
        let error = shorten(other.as_bytes(), SCRIPT).unwrap_err().to_string();
        assert!(error.contains("only functions of"), "{error}");
    }
}
