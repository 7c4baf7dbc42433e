//! The store as the commands use it: opened beside a server that may run, closed at the end.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use protocol::{DealerId, SiteKey};

use crate::{
    clock::SystemClock,
    config::Config,
    domain::dealer::Dealer,
    lifecycle::Tasks,
    planted::Planted,
    random::OsRandom,
    store::{DATABASE, Role, Store, StoreOptions},
};

/// How long the store's tasks may take to end.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

/// Runs `work` with the store of this configuration. One that is not there is not made: a sweep or a
/// backup of nothing, from a directory that was misspelt, would be found out too late.
pub(super) async fn with_store<T, W, F>(config: &Config, work: W) -> anyhow::Result<T>
where
    W: FnOnce(Store) -> F,
    F: Future<Output = anyhow::Result<T>>,
{
    anyhow::ensure!(
        config.data.join(DATABASE).is_file(),
        "there is no database in {}: name the data directory with --data; `forecourt serve` and `forecourt dealer add` make one",
        config.data.display()
    );
    with_new_store(config, work).await
}

/// Runs `work` with the store of this configuration, which is made where there is none.
pub(super) async fn with_new_store<T, W, F>(config: &Config, work: W) -> anyhow::Result<T>
where
    W: FnOnce(Store) -> F,
    F: Future<Output = anyhow::Result<T>>,
{
    let tasks = Tasks::new();
    let store = open(config, &tasks).await?;
    let done = work(store.clone()).await;
    tasks.stop(CLOSE_DEADLINE).await;
    store.close().await;
    done
}

async fn open(config: &Config, tasks: &Tasks) -> anyhow::Result<Store> {
    let store = Store::open(options(config), tasks).await;
    store.with_context(|| format!("can't open the data directory {}", config.data.display()))
}

/// How a command opens the store of this configuration.
pub(super) fn options(config: &Config) -> StoreOptions {
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(OsRandom));
    let mut options = StoreOptions::new(config.data.clone(), Role::Tool, clock, random);
    options.keys.clone_from(&config.keys);
    options.operator_key = config.operator_key.clone();
    options.planted = Planted::new(config.planted.as_deref());
    options
}

/// The dealer of this id, site key or name.
pub(super) fn find_dealer(store: &Store, wanted: &str) -> anyhow::Result<Arc<Dealer>> {
    if let Ok(id) = DealerId::parse(wanted) {
        return store
            .dealer_by_id(&id)
            .with_context(|| format!("no dealer {id}: see `forecourt dealer list`"));
    }
    if let Ok(key) = SiteKey::parse(wanted) {
        // Among all: a paused dealer's sites are unknown to visitors only.
        let has_site = |dealer: &Arc<Dealer>| dealer.sites.iter().any(|site| site.key == key);
        return store
            .dealers()
            .into_iter()
            .find(has_site)
            .with_context(|| format!("no dealer has the site {key}: see `forecourt dealer list`"));
    }
    let mut named = store.dealers().into_iter().filter(|dealer| dealer.name == wanted);
    let found = named.next().with_context(|| {
        format!("no dealer is called \"{wanted}\": see `forecourt dealer list`")
    })?;
    anyhow::ensure!(
        named.next().is_none(),
        "several dealers are called \"{wanted}\": use the id, see `forecourt dealer list`"
    );
    Ok(found)
}
