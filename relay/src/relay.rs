//! The relay, wired together: what `forecourt serve`, `forecourt demo` and the tests start.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use governor::{Quota, RateLimiter};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    domain::view::Recipients,
    http::{self, Doors, address::Addresses, admin::Watch},
    knowledge::Knowledge,
    lifecycle::Tasks,
    llm::{Answerer, LlmConfig},
    random::{OsRandom, Random},
    retention,
    session::{
        beginnings::Beginnings, driver, pace::Paces, reply::Replier, thread::Threads, views::Views,
    },
    store::{Role, Store, StoreOptions},
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
        let tasks = Tasks::new();
        let store = open_store(&config, &deps, &tasks).await?;
        let cut = store.interrupt_open_replies("").await.context("can't end the open replies")?;
        if 0 < cut {
            tracing::info!(replies = cut, "Ended {cut} replies that a stop had cut off");
        }
        // What expired while the relay was down is gone before the first visitor comes (G-26).
        let swept = retention::run(&store, &tasks).await;
        swept.context("can't forget what is overdue")?;
        let visitors = bind(config.listen, "listen").await?;
        let admin = bind(config.admin_listen, "admin_listen").await?;
        let (visitors_at, admin_at) = (visitors.local_addr()?, admin.local_addr()?);
        let public_origin = config.public_origin(visitors_at);
        let doors = doors(&config, &deps, &tasks, &store, public_origin.clone())?;
        let metrics = deps.metrics.clone();
        let watch = Watch { store: store.clone(), tasks: tasks.clone(), metrics };
        serve(&tasks, "visitors", visitors, http::public(Arc::new(doors)));
        serve(&tasks, "admin", admin, http::admin::admin(Arc::new(watch)));
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

async fn open_store(config: &Config, deps: &Deps, tasks: &Tasks) -> anyhow::Result<Store> {
    let options = StoreOptions {
        dir: config.data.clone(),
        clock: Arc::clone(&deps.clock),
        random: Arc::clone(&deps.random),
        role: Role::Server,
        planted: config.planted.clone(),
    };
    let store = Store::open(options, tasks).await;
    store.with_context(|| format!("can't open the data directory {}", config.data.display()))
}

fn doors(
    config: &Config,
    deps: &Deps,
    tasks: &Tasks,
    store: &Store,
    public_origin: String,
) -> anyhow::Result<Doors> {
    let (clock, random) = (Arc::clone(&deps.clock), Arc::clone(&deps.random));
    let llm = LlmConfig { planted: config.planted.clone(), ..config.llm.clone() };
    let answerer = Answerer::new(&llm, Arc::clone(&clock), Arc::clone(&random))?;
    let limits = &config.limits;
    let per_minute = NonZeroU32::new(limits.dealer_messages_per_minute)
        .context("limits.dealer_messages_per_minute must be at least 1")?;
    let recipients =
        Recipients { model: answerer.recipients(), operator: config.operator.name.clone() };
    let replier = Replier {
        store: store.clone(),
        knowledge: Arc::new(Knowledge::new(store.clone())),
        answerer,
        clock: Arc::clone(&clock),
        tasks: tasks.clone(),
        patience: Duration::from_millis(limits.abandon_after_ms),
        n_turns: config.llm.history_turns as u64,
        tokens_per_day: config.llm.tokens_per_day,
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
        planted: config.planted.clone(),
    };
    Ok(Doors {
        public_origin,
        sessions: Arc::new(sessions),
        tasks: tasks.clone(),
        sockets: Arc::new(Semaphore::new(limits.max_sockets)),
        addresses: Addresses::new(limits.max_sockets_per_address, clock, random),
        trusted_proxies: config.trusted_proxies.clone(),
    })
}

async fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address} (`{key}`): is another relay running there?")
    })
}

/// Serves until the relay stops; open sockets are the sessions' own to end.
fn serve(tasks: &Tasks, name: &'static str, listener: TcpListener, router: Router) {
    let stopping = tasks.stopping();
    let listener = listener.tap_io(|stream| {
        // Frames are small and written whole: waiting to fill a packet only delays words.
        let _ = stream.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tasks.spawn(name, async move {
        let served =
            axum::serve(listener, service).with_graceful_shutdown(stopping.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(listener = name, %error, "The listener for {name} ended");
        }
    });
}
