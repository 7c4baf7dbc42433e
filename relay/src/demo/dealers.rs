//! The made-up dealers, from the embedded files; renewed when the demo starts on old data.

use std::{fs, path::Path};

use anyhow::Context;
use protocol::SiteKey;

use super::Scratch;
use crate::{
    cli::dealer::{Read, keep},
    domain::{dealer::Dealer, retention::Bounds},
    http::assets::{demo_file, demo_files},
    store::Store,
};

/// The first dealer's site.
pub(super) const SITE_KEY: &str = "site_harbour-cars";

/// The folders of the dealers below `www/demo`.
pub(super) const FOLDERS: [&str; 2] = ["dealer", "dealer2"];

/// The origin that the embedded files name.
const WRITTEN_ORIGIN: &str = "http://localhost:8090";

/// Puts both dealers into the store, for a site on this port.
pub(super) async fn put(store: &Store, bounds: &Bounds, port: u16) -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    for folder in FOLDERS {
        if demo_file(&format!("{folder}/dealer.toml")).is_some() {
            put_one(store, bounds, port, folder, &scratch.0).await?;
        }
    }
    Ok(())
}

async fn put_one(
    store: &Store,
    bounds: &Bounds,
    port: u16,
    folder: &str,
    scratch: &Path,
) -> anyhow::Result<()> {
    unpack(folder, port, scratch)?;
    let place = scratch.join(folder);
    let name = format!("www/demo/{folder}/dealer.toml");
    let text =
        fs::read_to_string(place.join("dealer.toml")).context("can't read what was unpacked")?;
    let read = Read::from_text(&name, &text, &place, bounds)?;
    let (fresh, _) = read.clone().into_parts(None);
    let known = fresh.sites.iter().find_map(|site| store.dealer_by_site(&site.key));
    let (mut dealer, documents) = read.into_parts(known.as_deref());
    // The browser may have been given either name of this machine.
    for site in &mut dealer.sites {
        site.origins =
            ["localhost", "127.0.0.1"].map(|host| format!("http://{host}:{port}")).to_vec();
    }
    keep(store, &dealer, documents, known.is_none()).await?;
    debug_assert!(
        folder != FOLDERS[0] || has_site(&dealer, SITE_KEY),
        "the demo's key has changed"
    );
    Ok(())
}

fn has_site(dealer: &Dealer, key: &str) -> bool {
    SiteKey::parse(key).is_ok_and(|key| dealer.sites.iter().any(|site| site.key == key))
}

/// Writes a dealer's file and documents to disk, where the readers of files look; addresses of the
/// site get the port that it has now.
fn unpack(folder: &str, port: u16, scratch: &Path) -> anyhow::Result<()> {
    let here = format!("http://localhost:{port}");
    let below = format!("{folder}/");
    for (path, body) in demo_files().filter(|(path, _)| path.starts_with(&below)) {
        let to = scratch.join(path);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        let body = match std::str::from_utf8(body) {
            Ok(text) => text.replace(WRITTEN_ORIGIN, &here).into_bytes(),
            Err(_) => body.to_vec(),
        };
        fs::write(&to, body).with_context(|| format!("can't unpack {path}"))?;
    }
    Ok(())
}
