//! The relay's process in a simulated world: the real sessions, started, stopped, killed, restored.

use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
};

use governor::{Quota, RateLimiter};
use protocol::DealerId;
use relay::{
    domain::{
        dealer::{Dealer, file::DealerFile},
        retention::{Action, Bounds, Period, RetentionPolicy},
        view::{Recipient, Recipients},
    },
    lifecycle::Tasks,
    limits::{ABANDON_AFTER, LLM_HISTORY_TURNS, STOP_DEADLINE, VISITOR_MESSAGES_PER_MINUTE},
    planted::Planted,
    random::SeededRandom,
    session::{
        beginnings::Beginnings, driver, pace::Paces, reply::Replier, spending::Spending,
        thread::Threads, views::Views,
    },
};

use super::{
    World,
    agenda::Kind,
    book::Book,
    dice::Dice,
    model::{NoPassages, SimModel},
    net::{SimLink, Socket},
    planted::Plant,
    rows::SimStore,
    time::{self, Chance, WallClock},
    trace::Who,
};
use crate::relay::dealer_toml;

/// How much too early a planted sweep takes what it finds.
const TOO_EARLY_H: u64 = 20;

/// The process, if it runs.
#[derive(Default)]
pub struct House {
    running: Option<Running>,
    is_stopping: bool,
}

struct Running {
    tasks: Tasks,
    shared: Arc<driver::Shared>,
}

impl House {
    /// How many tasks the relay runs; none while it is down.
    pub fn n_tasks(&self) -> Option<usize> {
        self.running.as_ref().map(|running| running.tasks.running())
    }

    /// How many of its tasks panicked; none did while it is down.
    pub fn n_panics(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.tasks.panics())
    }

    /// Lets the process go, so that the world can end.
    pub fn empty(&mut self) {
        self.running = None;
    }
}

/// The dealers of every world: three, who keep conversations for one, two and ninety days.
pub fn dealers() -> Vec<Arc<Dealer>> {
    static DEALERS: OnceLock<Vec<Arc<Dealer>>> = OnceLock::new();
    let make = |(number, days): (usize, u16)| {
        let toml = dealer_toml(&format!("Dealer {number}"), &format!("site_sim-{number}"), "");
        let read = DealerFile::read("dealer.toml", &toml, &Bounds::default()).ok()?;
        let mut dealer = read.into_dealer(None, &SeededRandom::new(number as u64));
        // Short words: each welcome carries them.
        dealer.marketing.clear();
        dealer.retention = RetentionPolicy::own(Period::of_days(days), Action::Delete);
        Some(Arc::new(dealer))
    };
    let all = || [1, 2, 90].into_iter().enumerate().filter_map(make).collect();
    DEALERS.get_or_init(all).clone()
}

impl World {
    /// The process starts: it ends what a crash left open and forgets what is overdue, then opens
    /// its door.
    pub fn start(self: &Arc<Self>) {
        let now = self.wall();
        let policy = |id: &DealerId| {
            let dealer = self.dealers.iter().find(|dealer| dealer.id == *id);
            dealer.map_or_else(|| self.dealers[0].retention.clone(), |d| d.retention.clone())
        };
        let (life, ended) =
            self.with_disk(|disk| (disk.life(), disk.book.interrupt_open_replies(policy, now)));
        self.sweep();
        self.note(Who::World, "starts the relay", ended, || format!("{ended} replies cut short"));
        let tasks = Tasks::new();
        let clock = Arc::new(WallClock::new(self));
        let replier = Replier {
            store: Arc::new(SimStore::new(self, life, self.epoch())),
            knowledge: Arc::new(NoPassages),
            answerer: Arc::new(SimModel(Arc::clone(self))),
            clock: Arc::<WallClock>::clone(&clock),
            tasks: tasks.clone(),
            patience: ABANDON_AFTER,
            n_turns: LLM_HISTORY_TURNS as u64,
            tokens_per_day: Some(1_000_000),
            spending: Spending::default(),
            planted: Planted::new(self.plant.map(Plant::name)),
        };
        let shared = driver::Shared {
            replier,
            threads: Threads::default(),
            beginnings: Beginnings::default(),
            views: Views::default(),
            // The limiter reads a clock of its own; so wide, it never limits.
            dealer_pace: RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX)),
            paces: Paces::per_minute(VISITOR_MESSAGES_PER_MINUTE),
            recipients: Recipients {
                models: vec![Recipient::Named("Sim".into())],
                operator: "Sim".into(),
                contact: "privacy@sim.example".into(),
            },
            clock,
            random: Arc::new(Chance),
        };
        let running = Some(Running { tasks, shared: Arc::new(shared) });
        self.with_house(|house| *house = House { running, is_stopping: false });
    }

    /// A socket comes to the door.
    pub fn knock(self: &Arc<Self>, socket: &Arc<Socket>) {
        let let_in = self.with_house(|house| {
            let running = house.running.as_ref().filter(|_| !house.is_stopping)?;
            Some((running.tasks.clone(), Arc::clone(&running.shared)))
        });
        match let_in {
            Some((tasks, shared)) => {
                socket.open(self);
                let session = driver::run(SimLink::new(self, socket), shared);
                tasks.spawn("session", time::on_behalf(self.seed, socket.id, session));
            }
            None => socket.refuse(self),
        }
    }

    /// The process dies where it stands, and is started again after a while.
    pub fn crash(self: &Arc<Self>, why: &'static str) {
        self.nothing_panicked();
        let Some(running) = self.with_house(|house| house.running.take()) else { return };
        self.note(Who::World, "kills the relay", 0, || why.to_owned());
        running.tasks.crash();
        self.come_back();
    }

    /// The process is asked to stop, and started again once it has.
    pub fn stop(self: &Arc<Self>) {
        let tasks = self.with_house(|house| {
            house.is_stopping = true;
            house.running.as_ref().map(|running| running.tasks.clone())
        });
        let (Some(tasks), world) = (tasks, Arc::clone(self)) else { return };
        let life = self.with_disk(|disk| disk.life());
        self.note(Who::World, "stops the relay", 0, String::new);
        self.errands.spawn(async move {
            let in_time = tasks.stop(STOP_DEADLINE).await;
            if world.with_disk(|disk| disk.life()) == life {
                world.nothing_panicked();
                let fact = u64::from(in_time);
                world.note(Who::World, "sees the relay stopped", fact, || in_time.to_string());
                world.with_house(House::empty);
                world.come_back();
            }
        });
    }

    /// The relay outlives a panic of a task and the widget comes back, so nobody else would notice.
    pub fn nothing_panicked(&self) {
        let panicked = self.with_house(|house| house.n_panics());
        if panicked != 0 {
            self.breach(0, || format!("{panicked} tasks of the relay panicked"));
        }
    }

    fn come_back(self: &Arc<Self>) {
        let life = self.with_disk(|disk| {
            disk.crash();
            disk.life()
        });
        let down_ms = Dice::new(self.seed, "downtime", life).within(200, 6_000);
        self.agenda.after(down_ms, Kind::World, 0, move |world| {
            if world.with_disk(|disk| disk.life()) == life {
                world.start();
            }
        });
    }

    /// A backup is put in the place of the database: a new incarnation.
    pub fn restore(self: &Arc<Self>, backup: Book) {
        self.crash("to restore a backup");
        self.with_check(|check| check.restored(&backup));
        self.with_disk(|disk| disk.book = backup);
        self.next_era();
        self.note(Who::World, "restores a backup", self.era(), String::new);
    }

    /// Forgets what is overdue, and holds what it took against its promise (I8).
    pub fn sweep(self: &Arc<Self>) {
        let now = self.wall();
        let early = u64::from(self.is_planted(Plant::SweepEarly)) * TOO_EARLY_H;
        let up_to = now.plus(std::time::Duration::from_hours(early));
        let (gone, swept) = self.with_disk(|disk| {
            let due = disk.book.talks().filter(|(_, talk)| talk.expires_at <= up_to);
            let gone: Vec<_> = due.map(|(_, talk)| talk.clone()).collect();
            let swept = match gone.len() {
                0 => 0,
                _ if 0 < early => disk.book.sweep(up_to).conversations,
                _ => disk.book.sweep(now).conversations,
            };
            (gone, swept)
        });
        for talk in gone {
            let dealer = self.dealers.iter().find(|dealer| dealer.id == talk.dealer);
            let Some(policy) = dealer.map(|dealer| &dealer.retention) else { continue };
            if let Some(what) = self.with_check(|check| check.swept(&talk, policy, now)) {
                self.breach(8, || what);
            }
        }
        self.note(Who::World, "sweeps", swept, || format!("{swept} conversations"));
    }
}
