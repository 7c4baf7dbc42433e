//! The relay, wired together: what `forecourt serve`, `forecourt demo` and the tests start.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use governor::{Quota, RateLimiter};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
};

use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    domain::{dealer::Dealer, record, retention::Bounds},
    http::{
        self, Doors, address::Addresses, admin::Watch, inherited::Inherited, packed::Packed,
        serve::serve,
    },
    knowledge::Knowledge,
    lifecycle::Tasks,
    limits::{ADDRESS_VISITORS, LISTEN_BACKLOG, TAKE_OVER_POLL, TAKE_OVER_SLACK},
    llm::{Answerer, LlmConfig},
    outbox::{courier::Courier, send::Sender},
    planted::Planted,
    random::{OsRandom, Random},
    retention,
    session::{
        beginnings::Beginnings, driver, pace::Paces, reply::Replier, spending::Spending,
        thread::Threads, views::Views,
    },
    store::{Role, Store, StoreError, StoreOptions},
    telemetry::Metrics,
};

/// What a test may replace.
#[derive(Clone)]
pub struct Deps {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// What is counted.
    pub metrics: Metrics,
}

impl Deps {
    /// The machine's own.
    pub fn system(metrics: Metrics) -> Self {
        Self { clock: Arc::new(SystemClock::default()), random: Arc::new(OsRandom), metrics }
    }
}

/// What a relay gets from whoever started it, and from the relay before it.
#[derive(Debug, Default)]
pub struct Handover {
    /// Sockets that are listened on already.
    pub listeners: Inherited,
    /// Whether to wait until another relay lets go of the data, instead of failing at once.
    pub take_over: bool,
}

/// A relay that runs.
pub struct Relay {
    visitors: SocketAddr,
    admin: SocketAddr,
    public_origin: String,
    store: Store,
    tasks: Tasks,
    deadline: Duration,
}

impl Relay {
    /// Opens the store, forgets what is overdue, then opens the doors.
    pub async fn start(config: Config, deps: Deps) -> anyhow::Result<Self> {
        Self::start_after(Handover::default(), config, deps, async |_: &Store| Ok(())).await
    }

    /// The same on sockets that were passed on, or after another relay. `prepare` is done before the
    /// doors open: behind a door that a crowd is waiting at, there is no room for it.
    pub async fn start_after(
        mut handover: Handover,
        config: Config,
        deps: Deps,
        prepare: impl AsyncFnOnce(&Store) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let tasks = Tasks::new();
        let passed_visitors = handover.listeners.take(config.listen)?;
        let passed_admin = handover.listeners.take(config.admin_listen)?;
        if let Some(address) = handover.listeners.left() {
            bail!(
                "a socket on {address} was passed on (LISTEN_FDS), which is neither `listen` ({}) nor `admin_listen` ({}): give both the same address",
                config.listen,
                config.admin_listen
            );
        }
        let store = open_store(&config, &deps, &tasks, handover.take_over).await?;
        check_bounds(&store, &config.retention_bounds)?;
        let cut = store.interrupt_open_replies().await.context("can't end the open replies")?;
        if 0 < cut {
            tracing::info!(replies = cut, "Ended {cut} replies that a stop had cut off");
        }
        // What expired while the relay was down is gone before the first visitor comes (G-26).
        let swept = retention::run(&store, &tasks).await;
        swept.context("can't forget what is overdue")?;
        prepare(&store).await?;
        let bound = |passed, address, key| match passed {
            Some(listener) => Ok(listener),
            None => bind(address, key),
        };
        let visitors = bound(passed_visitors, config.listen, "listen")?;
        let admin = bound(passed_admin, config.admin_listen, "admin_listen")?;
        let (visitors_at, admin_at) = (visitors.local_addr()?, admin.local_addr()?);
        let public_origin = config.public_origin(visitors_at);
        let doors = doors(&config, &deps, &tasks, &store, public_origin.clone())?;
        courier(&config, &deps, &tasks, &store)?.run();
        let metrics = deps.metrics.clone();
        let watch = Watch { store: store.clone(), tasks: tasks.clone(), metrics };
        let (public, admin_doors) =
            (http::public(Arc::new(doors)), http::admin::admin(Arc::new(watch)));
        serve(&tasks, "visitors", visitors, public, tasks.stopping());
        // The operator's doors say "not ready" for as long as there is somebody to say it.
        serve(&tasks, "admin", admin, admin_doors, tasks.leaving());
        let deadline = config.stop_deadline;
        Ok(Self { visitors: visitors_at, admin: admin_at, public_origin, store, tasks, deadline })
    }

    /// Where visitors connect.
    pub fn visitors(&self) -> SocketAddr {
        self.visitors
    }

    /// Where the operator's doors are.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The origin that visitors see.
    pub fn public_origin(&self) -> &str {
        &self.public_origin
    }

    /// The store, for the demo and for tests.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The tasks, so that a second signal can cut a stop short.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Tells every socket, finishes or honestly cuts every reply, then closes the store.
    /// True if all of that was done in time.
    pub async fn stop(self) -> bool {
        let in_time = self.tasks.stop(self.deadline).await;
        self.store.close().await;
        in_time
    }
}

/// No dealer keeps for longer than the operator allows, also where the bounds were changed after it
/// was added.
fn check_bounds(store: &Store, bounds: &Bounds) -> anyhow::Result<()> {
    let outside = |dealer: &Arc<Dealer>| {
        let error = bounds.check(dealer.retention.period).err()?;
        Some(format!("{} ({error})", dealer.name))
    };
    let outside: Vec<_> = store.dealers().iter().filter_map(outside).collect();
    anyhow::ensure!(
        outside.is_empty(),
        "outside of the bounds in `[retention]` is the retention of {}: change the dealer's file and run `forecourt dealer set`, or change the bounds",
        outside.join(", ")
    );
    Ok(())
}

/// Opens the store; where another relay holds it and is to be followed, once that one has let go.
async fn open_store(
    config: &Config,
    deps: &Deps,
    tasks: &Tasks,
    take_over: bool,
) -> anyhow::Result<Store> {
    let options = StoreOptions {
        dir: config.data.clone(),
        keys: config.keys.clone(),
        operator_key: config.operator_key.clone(),
        clock: Arc::clone(&deps.clock),
        random: Arc::clone(&deps.random),
        role: Role::Server,
        planted: planted(config),
    };
    let give_up = deps.clock.uptime() + config.stop_deadline + TAKE_OVER_SLACK;
    let mut said = false;
    loop {
        match Store::open(options.clone(), tasks).await {
            Err(StoreError::Locked { .. }) if take_over && deps.clock.uptime() < give_up => {
                if !said {
                    tracing::info!("Waiting until the relay that works on this data has stopped");
                }
                said = true;
                tokio::time::sleep(TAKE_OVER_POLL).await;
            }
            opened => {
                return opened.with_context(|| {
                    format!("can't open the data directory {}", config.data.display())
                });
            }
        }
    }
}

/// Who delivers leads.
fn courier(config: &Config, deps: &Deps, tasks: &Tasks, store: &Store) -> anyhow::Result<Courier> {
    let sender =
        Sender::new(config.private_targets.clone(), config.mail.as_ref(), Arc::clone(&deps.clock))?;
    Ok(Courier::new(store.clone(), sender, Arc::clone(&deps.random), tasks.clone()))
}

fn doors(
    config: &Config,
    deps: &Deps,
    tasks: &Tasks,
    store: &Store,
    public_origin: String,
) -> anyhow::Result<Doors> {
    let (clock, random) = (Arc::clone(&deps.clock), Arc::clone(&deps.random));
    let llm = LlmConfig { planted: planted(config), ..config.llm.clone() };
    let answerer = Answerer::new(&llm, Arc::clone(&clock), Arc::clone(&random))?;
    let limits = &config.limits;
    let per_minute = NonZeroU32::new(limits.dealer_messages_per_minute)
        .context("limits.dealer_messages_per_minute must be at least 1")?;
    let recipients = config.recipients();
    let replier = Replier {
        store: Arc::new(store.clone()),
        knowledge: Arc::new(Knowledge::new(store.clone())),
        answerer: Arc::new(answerer),
        clock: Arc::clone(&clock),
        tasks: tasks.clone(),
        patience: Duration::from_millis(limits.abandon_after_ms),
        n_turns: config.llm.history_turns as u64,
        tokens_per_day: config.llm.tokens_per_day,
        spending: Spending::default(),
        planted: planted(config),
    };
    let sessions = driver::Shared {
        replier,
        threads: Threads::default(),
        beginnings: Beginnings::default(),
        views: Views::default(),
        paces: Paces::per_minute(limits.visitor_messages_per_minute),
        dealer_pace: RateLimiter::keyed(Quota::per_minute(per_minute)),
        recipients,
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
    };
    let visitors = limits.visitor_messages_per_minute.saturating_mul(ADDRESS_VISITORS);
    let address_pace = Paces::per_minute(visitors).words;
    Ok(Doors {
        public_origin,
        store: store.clone(),
        sessions: Arc::new(sessions),
        tasks: tasks.clone(),
        sockets: Arc::new(Semaphore::new(limits.max_sockets)),
        greetings: Arc::new(Semaphore::new(limits.max_greetings)),
        addresses: Addresses::new(limits.max_sockets_per_address, address_pace, clock, random),
        trusted_proxies: config.trusted_proxies.clone(),
        flow: record::flow(&config.facts()),
        pages: Packed::default(),
        planted: planted(config),
    })
}

fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    listen(address).with_context(|| {
        let flag = key.replace('_', "-");
        format!(
            "can't listen on {address}: is another relay running there? Write another `{key}`, or give --{flag}"
        )
    })
}

/// Listens with room for a whole fleet that comes back at once.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of the process before this one may linger; on Windows this would mean another thing.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

/// What is planted, for whoever is built from the configuration.
fn planted(config: &Config) -> Planted {
    Planted::new(config.planted.as_deref())
}
