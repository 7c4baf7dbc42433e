//! The dealers, in memory: every socket asks for one. Kept fresh when another process, such as
//! `forecourt dealer set`, changes them; a dealer holds no visitor's data.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use protocol::{DealerId, SiteKey};

use super::{
    Store, StoreError,
    chain::{Digested, Link, damaged},
    db::{Conn, Readers, args},
    document, row, sql,
};
use crate::{
    domain::{
        dealer::{Dealer, DealerStatus},
        document::NewDocument,
    },
    lifecycle::Tasks,
    limits::DIRECTORY_REFRESH,
};

/// All dealers at one moment.
#[derive(Default)]
struct Listed {
    version: String,
    /// In the order in which they were added.
    all: Vec<Arc<Dealer>>,
    by_id: HashMap<DealerId, Arc<Dealer>>,
    /// Active dealers only: the sites of a paused one are unknown to visitors.
    by_site: HashMap<SiteKey, Arc<Dealer>>,
    /// Why dealers that are there are not listed.
    damaged: Vec<String>,
}

/// All dealers, as of the last look.
pub(super) struct Directory {
    /// Replaced as a whole, so that no reader waits for more than a pointer.
    listed: RwLock<Arc<Listed>>,
}

impl Directory {
    pub(super) async fn load(readers: &Readers) -> Result<Self, StoreError> {
        let listed = Listed::read(readers).await?;
        Ok(Self { listed: RwLock::new(Arc::new(listed)) })
    }

    fn now(&self) -> Arc<Listed> {
        Arc::clone(&self.listed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the dealers again if anybody has changed them.
    async fn refresh(&self, readers: &Readers) -> Result<(), StoreError> {
        if version(readers).await? != self.now().version {
            let listed = Arc::new(Listed::read(readers).await?);
            *self.listed.write().unwrap_or_else(PoisonError::into_inner) = listed;
        }
        Ok(())
    }
}

impl Listed {
    async fn read(readers: &Readers) -> Result<Self, StoreError> {
        // The version first: a change in between makes the next look read again.
        let mut listed = Self { version: version(readers).await?, ..Self::default() };
        let rows: Vec<(String, String, Option<Vec<u8>>)> =
            readers.all(sql::DEALERS, args![]).await?;
        for (id, config, seal) in rows {
            // One dealer that can't be read closes its own sites and nobody else's.
            match intact(&id, &config, seal) {
                Ok(dealer) => listed.add(dealer),
                Err(error) => {
                    tracing::error!(%error, "A dealer can't be read; its sites are closed");
                    listed.damaged.push(error.to_string());
                }
            }
        }
        Ok(listed)
    }

    fn add(&mut self, dealer: Dealer) {
        let dealer = Arc::new(dealer);
        if dealer.is_active() {
            for site in &dealer.sites {
                self.by_site.insert(site.key.clone(), Arc::clone(&dealer));
            }
        }
        self.by_id.insert(dealer.id.clone(), Arc::clone(&dealer));
        self.all.push(dealer);
    }
}

async fn version(readers: &Readers) -> Result<String, StoreError> {
    let row: Option<(String,)> = readers.optional(sql::META, args!["dealers_version"]).await?;
    Ok(row.map(|(version,)| version).unwrap_or_default())
}

impl Store {
    /// All dealers, the oldest first.
    pub fn dealers(&self) -> Vec<Arc<Dealer>> {
        self.inner.directory.now().all.clone()
    }

    /// What is wrong with the dealers that can't be read.
    pub(super) fn damaged_dealers(&self) -> Vec<String> {
        self.inner.directory.now().damaged.clone()
    }

    /// The dealer of this id.
    pub fn dealer_by_id(&self, id: &DealerId) -> Option<Arc<Dealer>> {
        self.inner.directory.now().by_id.get(id).cloned()
    }

    /// The active dealer of this site.
    pub fn dealer_by_site(&self, site: &SiteKey) -> Option<Arc<Dealer>> {
        self.inner.directory.now().by_site.get(site).cloned()
    }

    /// The dealer of this site, paused or not: for what its visitors may do with what is kept.
    pub fn dealer_by_any_site(&self, site: &SiteKey) -> Option<Arc<Dealer>> {
        self.dealer_by_site(site).or_else(|| {
            let has = |dealer: &Arc<Dealer>| dealer.sites.iter().any(|known| known.key == *site);
            self.dealers().into_iter().find(has)
        })
    }

    /// Looks now whether another process has changed the dealers.
    pub async fn refresh_dealers(&self) -> Result<(), StoreError> {
        self.inner.directory.refresh(&self.inner.readers).await
    }

    /// Keeps a new dealer and its sites.
    pub async fn add_dealer(&self, dealer: &Dealer) -> Result<(), StoreError> {
        self.put_dealer(dealer, None, true).await
    }

    /// Changes a dealer and its sites.
    pub async fn update_dealer(&self, dealer: &Dealer) -> Result<(), StoreError> {
        self.put_dealer(dealer, None, false).await
    }

    /// Keeps a dealer, its sites and, where they are given, its documents, all or nothing: no
    /// visitor meets the new sites with the old documents, and no error leaves one without the
    /// other.
    pub async fn put_dealer(
        &self,
        dealer: &Dealer,
        documents: Option<Vec<NewDocument>>,
        is_new: bool,
    ) -> Result<(), StoreError> {
        let (mut dealer, now) = (dealer.clone(), self.inner.clock.now());
        if is_new && self.dealer_by_id(&dealer.id).is_some() {
            return Err(StoreError::DealerExists(dealer.id));
        }
        self.change_dealers(move |conn| {
            Box::pin(async move {
                if let Some(known) = known(conn, &dealer.id).await? {
                    dealer.retention = dealer.retention.following(&known.retention, now);
                }
                let id = dealer.id.as_str();
                let config = to_json(&dealer)?;
                let seal = sealed(id, &config);
                let args = args![id, &config, status(dealer.status), now, &seal];
                if is_new {
                    conn.execute(sql::INSERT_DEALER, args).await?;
                } else if conn.execute(sql::UPDATE_DEALER, args).await? == 0 {
                    return Err(StoreError::NoSuchDealer(dealer.id));
                } else {
                    conn.execute(sql::DELETE_SITES, args![id]).await?;
                }
                if let Some(documents) = documents {
                    document::replace(conn, &dealer.id, &documents).await?;
                }
                keep_sites(conn, &dealer).await
            })
        })
        .await
    }

    /// Runs a change of the dealers and tells everybody.
    pub(super) async fn change_dealers<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: for<'c> FnOnce(
                &'c mut Conn,
            )
                -> futures_util::future::BoxFuture<'c, Result<(), StoreError>>
            + Send
            + 'static,
    {
        self.inner
            .writer
            .write(move |conn| {
                Box::pin(async move {
                    work(conn).await?;
                    conn.execute_one(sql::TOUCH_DEALERS, args![]).await
                })
            })
            .await?;
        self.refresh_dealers().await
    }

    /// Looks every few seconds what other processes have changed, until the relay stops.
    pub(super) fn keep_directory_fresh(&self, tasks: &Tasks) {
        // Weak: this task must not keep the store, and with it the lock, alive.
        let (store, stopping) = (Arc::downgrade(&self.inner), tasks.stopping());
        tasks.spawn("directory of dealers", async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(DIRECTORY_REFRESH) => {}
                }
                let Some(inner) = store.upgrade() else { return };
                if let Err(error) = inner.directory.refresh(&inner.readers).await {
                    tracing::warn!(%error, "Could not look for changed dealers; the known ones stay");
                }
            }
        });
    }
}

/// What is kept of a dealer already.
async fn known(conn: &mut Conn, id: &DealerId) -> Result<Option<Dealer>, StoreError> {
    let row: Option<(String, Option<Vec<u8>>)> =
        conn.optional(sql::DEALER, args![id.as_str()]).await?;
    row.map(|(config, seal)| intact(id.as_str(), &config, seal)).transpose()
}

/// The dealer of a row that is what was written.
fn intact(id: &str, config: &str, seal: Option<Vec<u8>>) -> Result<Dealer, StoreError> {
    if Link::read(seal, id)?.is_some_and(|seal| seal != sealed(id, config)) {
        return Err(damaged(id, "the seal of the dealer"));
    }
    serde_json::from_str(config).map_err(|_| row::inconsistent("dealers", "config", id))
}

/// The seal of a dealer's row.
fn sealed(id: &str, config: &str) -> Link {
    Digested::of("dealer").text(id).text(config).end()
}

async fn keep_sites(conn: &mut Conn, dealer: &Dealer) -> Result<(), StoreError> {
    for site in &dealer.sites {
        let key = site.key.as_str();
        let owner: Option<(String,)> = conn.optional(sql::SITE_OWNER, args![key]).await?;
        if owner.is_some() {
            return Err(StoreError::SiteTaken(site.key.clone()));
        }
        conn.execute(sql::INSERT_SITE, args![key, dealer.id.as_str()]).await?;
    }
    Ok(())
}

fn status(status: DealerStatus) -> &'static str {
    match status {
        DealerStatus::Active => "active",
        DealerStatus::Paused => "paused",
    }
}

fn to_json(dealer: &Dealer) -> Result<String, StoreError> {
    serde_json::to_string(dealer)
        .map_err(|_| row::inconsistent("dealers", "config", dealer.id.as_str()))
}
