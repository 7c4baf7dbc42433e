//! Opening `keys.db` beside the data that it belongs to.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{Cache, Inner, KEYS_DATABASE, Keys};
use crate::{
    random,
    store::{
        Role, StoreError, StoreOptions, connect,
        db::{Conn, Raw, Readers, Side, args},
        files::{make_file, sync_dir},
        sql,
    },
};

/// Under which name the data know their keys, and the keys themselves.
const ID: &str = "keys";

/// Opens the connection that writes keys, and makes the file where the data know of none yet.
pub(in crate::store) async fn connect(
    options: &StoreOptions,
    data: &mut Raw,
) -> Result<Side, StoreError> {
    let dir = options.keys.as_path();
    let path = dir.join(KEYS_DATABASE);
    if known_by(data).await?.is_some() && fs::symlink_metadata(&path).is_err() {
        return Err(StoreError::KeysMissing { path });
    }
    make_private(dir)?;
    make_file(&path)?;
    let raw = Raw::new(connect::writer(&path, &options.planted).await?);
    sync_dir(dir)?;
    Ok(Side::new(raw))
}

/// Which keys the data know, if any.
async fn known_by(data: &mut Raw) -> Result<Option<String>, StoreError> {
    let has_tables: Option<(i64,)> =
        data.optional("SELECT 1 FROM sqlite_schema WHERE name = 'meta'", args![]).await?;
    if has_tables.is_none() {
        return Ok(None);
    }
    let known: Option<(String,)> = data.optional(sql::META, args![ID]).await?;
    Ok(known.map(|(id,)| id))
}

fn make_private(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::io(dir, error))
}

impl Keys {
    /// The way to the keys, once their tables are there: they are those that the data know, and
    /// a server has the operator's keys that they need.
    pub(in crate::store) async fn open(
        options: &StoreOptions,
        conn: &mut Conn,
    ) -> Result<Self, StoreError> {
        let path = options.keys.join(KEYS_DATABASE);
        bind(conn, options, &path).await?;
        let readers = Readers::new(connect::readers(&path).await?, "keys")
            .map_err(|error| StoreError::io(&path, error))?;
        let keys = Self {
            inner: Arc::new(Inner {
                readers,
                source: options.operator_key.clone(),
                ring: Mutex::default(),
                cache: Mutex::new(Cache::default()),
                clock: Arc::clone(&options.clock),
                random: Arc::clone(&options.random),
                is_open: options.planted.is("no-verify") || options.planted.is("in-clear"),
            }),
        };
        if options.role == Role::Server && !keys.is_open() {
            keys.prove_ring().await?;
        }
        Ok(keys)
    }

    /// Makes sure that the operator's keys are there before anybody is served; makes the first one
    /// where nothing was sealed yet.
    pub(in crate::store) async fn prove_ring(&self) -> Result<(), StoreError> {
        let needed: Vec<(String,)> = self.inner.readers.all(sql::OPERATOR_KEYS, args![]).await?;
        if needed.is_empty() && self.inner.source.is_missing() {
            let ring = self.inner.source.make(self.random())?;
            tracing::warn!(
                key = %ring.first(),
                "Made {}: copy it to a safe place, apart from the data and their backups. Without it nobody can ever read what visitors said",
                self.inner.source,
            );
        }
        self.any_ring().await?;
        for (id,) in needed {
            self.ring_with(&id).await?;
        }
        Ok(())
    }
}

/// Makes sure that these keys are those that the data know; the first time, that they know them.
async fn bind(conn: &mut Conn, options: &StoreOptions, path: &Path) -> Result<(), StoreError> {
    let fresh = random::id(options.random.as_ref(), "keys");
    let known: Option<(String,)> = conn.optional(sql::META, args![ID]).await?;
    let held: Option<(String,)> = conn.keys.optional(sql::KEYS_META, args![ID]).await?;
    match (known, held) {
        (Some((known,)), Some((held,))) if known == held => Ok(()),
        (None, held) => {
            // The keys first: data that know of none bind themselves the next time.
            if held.is_none() {
                conn.keys.execute(sql::INSERT_KEYS_META, args![ID, &fresh]).await?;
                conn.keys.commit().await?;
            }
            // Of two processes that get here, one wins; both know what it wrote.
            let held: Option<(String,)> = conn.keys.optional(sql::KEYS_META, args![ID]).await?;
            let (held,) = held.ok_or(StoreError::Gone)?;
            conn.execute(sql::INSERT_META, args![ID, &held]).await.map(drop)
        }
        (Some(_), _) => Err(StoreError::KeysElsewhere { path: path.to_owned() }),
    }
}
