//! Embeds the widget (`www/dist`), the chat's page and the demo dealer's site into the relay, as
//! tables in `$OUT_DIR/embedded.rs`; `src/http/assets.rs` includes them. It builds and compresses
//! nothing: that is `cargo xtask widget`. Where the widget is not built, the tables are empty.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    // Asked at run time: a target directory that was moved or shared may hold a script of elsewhere.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let www = Path::new(&manifest).join("../www");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    watch(&www);
    let mut code = String::new();
    widget(&www.join("dist"), &mut code)?;
    page(&www.join("chat/index.html"), &mut code)?;
    demo(&www.join("demo"), &mut code)?;
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

/// What is there is watched by itself; while something is missing, the folder that it will appear in.
fn watch(www: &Path) {
    println!("cargo::rerun-if-changed=build.rs");
    let parts = ["dist/manifest.json", "chat/index.html", "demo"].map(|part| www.join(part));
    if parts.iter().all(|part| part.exists()) {
        for part in parts {
            watch_one(&part);
        }
    } else {
        watch_one(www);
    }
}

fn watch_one(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// `FILES`, `CHAT_CSS`, `CHAT_JS`, `CHAT_WASM`, `CHAT_LANGS` and `BUILD`, from the manifest.
fn widget(dist: &Path, code: &mut String) -> Result<()> {
    let manifest = match fs::read_to_string(dist.join("manifest.json")) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Value::Null,
        Err(error) => return Err(error.into()),
    };
    writeln!(code, "// The widget's files, compressed ahead; none where it is not built.")?;
    writeln!(code, "pub static FILES: &[File] = &[")?;
    for file in manifest["files"].as_array().into_iter().flatten() {
        entry(dist, file, code)?;
    }
    writeln!(code, "];")?;
    writeln!(code, "// The words: language, path in `FILES`; none where it is not built.")?;
    writeln!(code, "pub static CHAT_LANGS: &[(&str, &str)] = &[")?;
    for (lang, path) in manifest["chat"]["lang"].as_object().into_iter().flatten() {
        let path = path.as_str().ok_or("manifest.json: a language has no path")?;
        writeln!(code, "    ({lang:?}, {path:?}),")?;
    }
    writeln!(code, "];")?;
    for (name, value, what) in [
        ("CHAT_CSS", &manifest["chat"]["css"], "The path of the chat's style in `FILES`"),
        ("CHAT_JS", &manifest["chat"]["js"], "The path of the chat's script in `FILES`"),
        ("CHAT_WASM", &manifest["chat"]["wasm"], "The path of the chat's WASM in `FILES`"),
        ("BUILD", &manifest["build"], "What names this build of the widget"),
    ] {
        let value = value.as_str().unwrap_or_default();
        writeln!(code, "// {what}; empty where it is not built.")?;
        writeln!(code, "pub static {name}: &str = {value:?};")?;
    }
    Ok(())
}

fn entry(dist: &Path, file: &Value, code: &mut String) -> Result<()> {
    let text = |key: &str| file[key].as_str().ok_or(format!("manifest.json: a file has no {key}"));
    let path = text("path")?;
    let etag = format!("\"{}\"", text("sha256")?.get(..16).unwrap_or_default());
    let immutable = file["immutable"].as_bool().unwrap_or(false);
    let body = include(&dist.join(path))?;
    writeln!(code, "    File {{ path: {path:?}, content_type: {:?},", text("content_type")?)?;
    writeln!(code, "        etag: {etag:?}, immutable: {immutable}, body: {body},")?;
    for (field, suffix) in [("brotli", "br"), ("gzip", "gz")] {
        let body = include(&dist.join(format!("{path}.{suffix}")))?;
        writeln!(code, "        {field}: Some({body}),")?;
    }
    writeln!(code, "    }},")?;
    Ok(())
}

/// `CHAT_PAGE`, the template that the relay fills.
fn page(file: &Path, code: &mut String) -> Result<()> {
    writeln!(code, "// The template of the chat's page; empty where it is missing.")?;
    let value =
        if file.is_file() { format!("include_str!({})", literal(file)?) } else { "\"\"".into() };
    writeln!(code, "pub static CHAT_PAGE: &str = {value};")?;
    Ok(())
}

/// `DEMO`, the demo dealer's site with its documents, sorted by path.
fn demo(folder: &Path, code: &mut String) -> Result<()> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, folder, &mut files)?;
    }
    files.sort();
    writeln!(code, "// The demo dealer's site: path below `www/demo`, body; sorted by path.")?;
    writeln!(code, "pub static DEMO: &[(&str, &[u8])] = &[")?;
    for (name, path) in files {
        writeln!(code, "    ({name:?}, {}),", include(&path)?)?;
    }
    writeln!(code, "];")?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root)?.to_str().ok_or("a file's name is not text")?;
            files.push((name.replace('\\', "/"), path));
        }
    }
    Ok(())
}

fn include(path: &Path) -> Result<String> {
    Ok(format!("include_bytes!({})", literal(path)?))
}

fn literal(path: &Path) -> Result<String> {
    let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(format!("{:?}", path.to_str().ok_or("a path is not text")?))
}
