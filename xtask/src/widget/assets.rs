//! The files of `www/dist`: named by their content, compressed, listed in `manifest.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How many hexadecimal digits of the hash are in a file's name.
const HASH_DIGITS: usize = 16;

/// The contents, before they have names.
pub(super) struct Parts {
    /// `/widget.js`.
    pub(super) loader: String,
    /// The template of the chat's page; the relay fills it, so it is weighed and not published.
    pub(super) page: String,
    /// The chat's style.
    pub(super) css: String,
    /// wasm-bindgen's glue, then the boot script; it names the menu's script as `RIGHTS_JS`.
    pub(super) js: String,
    /// The style of the visitor's menu.
    pub(super) rights_css: String,
    /// Its script, loaded when the menu is opened; it names that style as `RIGHTS_CSS`.
    pub(super) rights_js: String,
    /// The widget.
    pub(super) wasm: Vec<u8>,
    /// Its words: language, texts one a line.
    pub(super) words: Vec<(String, String)>,
}

/// Everything in the work folder, ready to be published.
pub(super) struct Staged {
    folder: PathBuf,
    /// Loader, style, script, WASM, the menu's style and script, in this order, then the words of each
    /// language.
    pub(super) files: Vec<Asset>,
    /// The weight of the page's template.
    pub(super) page: Asset,
    /// The languages, in the order of their files.
    langs: Vec<String>,
}

/// How many files an open chat has beside its words: the loader first.
pub(super) const CHAT_FILES: usize = 4;

/// How many files come before the words.
pub(super) const FIXED_FILES: usize = CHAT_FILES + 2;

/// One file as `manifest.json` lists it.
#[derive(Clone, Serialize)]
pub(super) struct Asset {
    pub(super) path: String,
    content_type: &'static str,
    sha256: String,
    pub(super) bytes: u64,
    pub(super) brotli_bytes: u64,
    #[serde(skip)]
    pub(super) gzip_bytes: u64,
    immutable: bool,
}

#[derive(Serialize)]
struct Manifest<'a> {
    build: String,
    loader: &'a str,
    chat: Chat<'a>,
    /// What the chat's page weighs beside the files: it is filled in by the relay, so no file here.
    page_brotli_bytes: u64,
    files: &'a [Asset],
}

#[derive(Serialize)]
struct Chat<'a> {
    css: &'a str,
    js: &'a str,
    wasm: &'a str,
    lang: BTreeMap<&'a str, &'a str>,
}

/// Writes the parts under their names into `folder` and has them compressed.
pub(super) fn stage(
    parts: Parts,
    folder: &Path,
    compress: impl FnOnce(&[PathBuf]) -> Result<()>,
) -> Result<Staged> {
    let css = named("chat", "css", parts.css.as_bytes());
    let rights_css = named("rights", "css", parts.rights_css.as_bytes());
    let rights_script = naming(&parts.rights_js, "RIGHTS_CSS", &rights_css);
    let rights_js = named("rights", "js", rights_script.as_bytes());
    let chat_script = naming(&parts.js, "RIGHTS_JS", &rights_js);
    let js = named("widget", "js", chat_script.as_bytes());
    let wasm = named("widget", "wasm", &parts.wasm);
    let script = "text/javascript; charset=utf-8";
    let mut bodies = vec![
        ("widget.js".to_owned(), script, parts.loader.into_bytes()),
        (css, "text/css; charset=utf-8", parts.css.into_bytes()),
        (js, script, chat_script.into_bytes()),
        (wasm, "application/wasm", parts.wasm),
        (rights_css, "text/css; charset=utf-8", parts.rights_css.into_bytes()),
        (rights_js, script, rights_script.into_bytes()),
    ];
    let mut langs = Vec::new();
    for (lang, words) in parts.words {
        let name = named(&format!("words-{lang}"), "txt", words.as_bytes());
        bodies.push((name, "text/plain; charset=utf-8", words.into_bytes()));
        langs.push(lang);
    }
    bodies.push(("page.html".to_owned(), "text/html; charset=utf-8", parts.page.into_bytes()));
    fs::create_dir_all(folder.join("assets"))?;
    let paths: Vec<PathBuf> = bodies.iter().map(|(name, _, _)| folder.join(name)).collect();
    for (path, (_, _, body)) in paths.iter().zip(&bodies) {
        fs::write(path, body).with_context(|| format!("writing {}", path.display()))?;
    }
    compress(&paths)?;
    let mut files = Vec::new();
    for (name, content_type, body) in bodies {
        files.push(Asset {
            content_type,
            sha256: hex(&Sha256::digest(&body)),
            bytes: body.len() as u64,
            brotli_bytes: fs::metadata(folder.join(format!("{name}.br")))?.len(),
            gzip_bytes: fs::metadata(folder.join(format!("{name}.gz")))?.len(),
            immutable: name.starts_with("assets/"),
            path: name,
        });
    }
    let page = files.pop().context("the page is the last file")?;
    Ok(Staged { folder: folder.to_owned(), files, page, langs })
}

/// A script with the name of another file, which lies beside it.
fn naming(script: &str, placeholder: &str, path: &str) -> String {
    script.replace(placeholder, path.trim_start_matches("assets/"))
}

fn named(stem: &str, extension: &str, body: &[u8]) -> String {
    format!("assets/{stem}-{}.{extension}", &hex(&Sha256::digest(body))[..HASH_DIGITS])
}

/// Copies what is new to `dist`, removes what is old and writes the manifest last.
pub(super) fn publish(staged: &Staged, dist: &Path) -> Result<()> {
    fs::create_dir_all(dist.join("assets"))?;
    let mut wanted = BTreeSet::new();
    for file in &staged.files {
        for suffix in ["", ".br", ".gz"] {
            let name = format!("{}{suffix}", file.path);
            write_if_changed(&dist.join(&name), &fs::read(staged.folder.join(&name))?)?;
            wanted.insert(dist.join(name));
        }
    }
    for folder in [dist.to_owned(), dist.join("assets")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() && !wanted.contains(&path) && !path.ends_with("manifest.json") {
                fs::remove_file(path)?;
            }
        }
    }
    write_if_changed(&dist.join("manifest.json"), manifest(staged)?.as_bytes())
}

fn manifest(staged: &Staged) -> Result<String> {
    let files = &staged.files;
    let [loader, css, js, wasm, _, _, words @ ..] = files.as_slice() else {
        anyhow::bail!("loader, style, script, WASM and the menu's two are published")
    };
    let paths = words.iter().map(|file| file.path.as_str());
    let lang = staged.langs.iter().map(String::as_str).zip(paths).collect();
    let mut all = Sha256::new();
    for file in files {
        all.update(&file.path);
        all.update(&file.sha256);
    }
    let manifest = Manifest {
        build: hex(&all.finalize())[..HASH_DIGITS].to_owned(),
        loader: &loader.path,
        chat: Chat { css: &css.path, js: &js.path, wasm: &wasm.path, lang },
        page_brotli_bytes: staged.page.brotli_bytes,
        files,
    };
    Ok(serde_json::to_string_pretty(&manifest)? + "\n")
}

/// Leaves an equal file alone, so that cargo does not compile the relay anew for it.
fn write_if_changed(path: &Path, body: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == body) {
        return Ok(());
    }
    fs::write(path, body).with_context(|| format!("writing {}", path.display()))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(css: &str) -> Parts {
        Parts {
            loader: "loader".into(),
            page: "page".into(),
            css: css.into(),
            js: "import RIGHTS_JS".into(),
            rights_css: "menu".into(),
            rights_js: "load RIGHTS_CSS".into(),
            wasm: b"\0asm".to_vec(),
            words: vec![("de".into(), "ja\n".into()), ("en".into(), "yes\n".into())],
        }
    }

    fn pretend_to_compress(files: &[PathBuf]) -> Result<()> {
        for file in files {
            fs::write(format!("{}.br", file.display()), "b")?;
            fs::write(format!("{}.gz", file.display()), "gz")?;
        }
        Ok(())
    }

    #[test]
    fn a_new_build_replaces_the_old_one_and_the_manifest_names_what_is_there() {
        let folder = std::env::temp_dir().join(format!("xtask-assets-{}", std::process::id()));
        let dist = folder.join("dist");
        for css in ["old", "new"] {
            let staged = stage(parts(css), &folder.join(css), pretend_to_compress).unwrap();
            assert_eq!(staged.page.brotli_bytes, 1);
            publish(&staged, &dist).unwrap();
        }
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(dist.join("manifest.json")).unwrap()).unwrap();
        let css = manifest["chat"]["css"].as_str().unwrap();
        assert_eq!(css, named("chat", "css", b"new"));
        assert_eq!(fs::read_to_string(dist.join(css)).unwrap(), "new");
        assert!(!dist.join(named("chat", "css", b"old")).exists());
        assert!(!dist.join("page.html").exists());
        let script =
            fs::read_to_string(dist.join(manifest["chat"]["js"].as_str().unwrap())).unwrap();
        let menu = dist.join("assets").join(script.strip_prefix("import ").unwrap());
        let style = named("rights", "css", b"menu");
        assert_eq!(
            fs::read_to_string(menu).unwrap(),
            format!("load {}", &style["assets/".len()..])
        );
        assert_eq!(fs::read_dir(dist.join("assets")).unwrap().count(), 21);
        assert_eq!(manifest["chat"]["lang"]["de"], named("words-de", "txt", b"ja\n"));
        assert_eq!(manifest["files"][0]["immutable"], false);
        assert_eq!(manifest["files"][1]["immutable"], true);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn bytes_become_hexadecimal() {
        assert_eq!(hex(&[0, 0x0f, 0xa5, 0xff]), "000fa5ff");
    }
}
