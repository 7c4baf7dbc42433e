//! The store's disk in a simulated world: one writer that commits in groups after a while, reads
//! that see what is committed, and all that can go wrong with it.

use std::sync::Arc;

use relay::store::StoreError;
use tokio::sync::oneshot;

use super::{World, agenda::Kind, book::Book, dice::Dice, planted::Plant, trace::Who};

/// A job: done on the book if its transaction is committed; gives back how to answer.
type Job = Box<dyn FnOnce(Result<&mut Book, StoreError>) -> Answer + Send>;

/// Tells whoever asked.
type Answer = Box<dyn FnOnce() + Send>;

/// What is wrong with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// It is full.
    Full,
    /// Another process holds the database.
    Busy,
    /// It takes long.
    Slow,
    /// What is there can't be read; what comes is written.
    Blind,
}

/// The disk.
pub struct Disk {
    /// What is committed.
    pub book: Book,
    /// What is wrong with it now.
    pub trouble: Trouble,
    /// In how many of a thousand commits the relay dies before it can answer.
    pub deadly: u64,
    /// Counts the lives of the relay's process: what an earlier one asked is never done.
    life: u64,
    waiting: Vec<(u64, Job)>,
    is_writing: bool,
    dice: Dice,
    /// What a replica that lags behind would show; kept only where that is planted.
    old: (u64, Book),
}

/// How much a replica lags behind, where that is planted.
const LAG_MS: u64 = 1_500;

impl Disk {
    /// An empty one.
    pub fn new(seed: u64) -> Self {
        Self {
            book: Book::default(),
            trouble: Trouble::None,
            deadly: 0,
            life: 0,
            waiting: Vec::new(),
            is_writing: false,
            dice: Dice::new(seed, "disk", 0),
            old: (0, Book::default()),
        }
    }

    /// The process ends: what was not committed is gone.
    pub fn crash(&mut self) {
        self.life += 1;
        self.waiting.clear();
        self.is_writing = false;
    }

    /// Which life of the process it is.
    pub fn life(&self) -> u64 {
        self.life
    }

    /// Whether nothing waits to be written.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }
}

/// Runs a transaction and answers once it is committed.
pub async fn write<T: Send + 'static>(
    world: &Arc<World>,
    life: u64,
    whose: u64,
    work: impl FnOnce(&mut Book) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (tell, told) = oneshot::channel();
    let job: Job = Box::new(move |book| {
        let fate = book.and_then(work);
        Box::new(move || drop(tell.send(fate)))
    });
    world.with_disk(|disk| {
        if disk.life == life {
            disk.waiting.push((whose, job));
            if !std::mem::replace(&mut disk.is_writing, true) {
                world.agenda.after(1, Kind::Commit, 0, move |world| begin(world, life));
            }
        }
    });
    answered(told).await
}

/// Reads what is committed.
pub async fn read<T: Send + 'static>(
    world: &Arc<World>,
    life: u64,
    whose: u64,
    work: impl FnOnce(&Book) -> T + Send + 'static,
) -> Result<T, StoreError> {
    let (tell, told) = oneshot::channel();
    let mut dice = Dice::new(world.seed ^ world.now_ms(), "read", whose);
    let is_slow = world.with_disk(|disk| disk.trouble == Trouble::Slow);
    let delay_ms = if is_slow { dice.within(20, 900) } else { dice.within(1, 4) };
    world.agenda.after(delay_ms, Kind::Read, whose, move |world| {
        world.with_disk(|disk| {
            if disk.life != life {
                return;
            }
            let fate = match disk.trouble {
                Trouble::Busy if dice.percent(30) => Err(StoreError::Busy),
                Trouble::Blind => Err(StoreError::Busy),
                _ if world.is_planted(Plant::StaleRead) => Ok(work(&disk.old.1)),
                _ => Ok(work(&disk.book)),
            };
            drop(tell.send(fate));
        });
    });
    answered(told).await
}

/// The answer; none comes to a process that has died.
async fn answered<T>(told: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    match told.await {
        Ok(fate) => fate,
        Err(_) => std::future::pending().await,
    }
}

/// Takes all jobs that wait into one transaction.
fn begin(world: &Arc<World>, life: u64) {
    let early = world.is_planted(Plant::AckBeforeCommit);
    let answers: Vec<Answer> = world.with_disk(|disk| {
        if disk.life != life {
            return Vec::new();
        }
        let mut group = std::mem::take(&mut disk.waiting);
        // In which order tasks were polled within one millisecond decides nothing.
        group.sort_by_key(|(whose, _)| *whose);
        let slow = disk.trouble == Trouble::Slow;
        let delay_ms = if slow { disk.dice.within(100, 3_000) } else { disk.dice.within(1, 25) };
        if !early {
            let deed = move |world: &Arc<World>| commit(world, life, group);
            world.agenda.after(delay_ms, Kind::Commit, 0, deed);
            return Vec::new();
        }
        let mut later = disk.book.clone();
        let answers = group.into_iter().map(|(_, job)| job(Ok(&mut later))).collect();
        let deed = move |world: &Arc<World>| {
            let is_alive = world.with_disk(|disk| {
                if disk.life == life {
                    disk.book = later;
                }
                disk.life == life
            });
            if is_alive {
                go_on(world, life);
            }
        };
        world.agenda.after(delay_ms + 250, Kind::Commit, 0, deed);
        answers
    });
    for answer in answers {
        answer();
    }
}

/// Makes a transaction durable, or none of it, and answers.
fn commit(world: &Arc<World>, life: u64, group: Vec<(u64, Job)>) {
    let n_jobs = group.len() as u64;
    let (answers, dies) = world.with_disk(|disk| {
        if disk.life != life {
            return (Vec::new(), false);
        }
        let refusal = match disk.trouble {
            Trouble::Full => Some(StoreError::Full),
            Trouble::Busy if disk.dice.percent(40) => Some(StoreError::Busy),
            _ => None,
        };
        let answers = group.into_iter().map(|(_, job)| match &refusal {
            Some(error) => job(Err(error.clone())),
            None => job(Ok(&mut disk.book)),
        });
        let answers: Vec<Answer> = answers.collect();
        let now_ms = world.now_ms();
        if world.is_planted(Plant::StaleRead) && disk.old.0 + LAG_MS < now_ms {
            disk.old = (now_ms, disk.book.clone());
        }
        let dies = disk.deadly != 0 && disk.dice.within(1, 1_000) <= disk.deadly;
        (answers, dies)
    });
    if answers.is_empty() {
        return;
    }
    world.note(Who::Store, "commits", n_jobs, || format!("{n_jobs} jobs"));
    if dies {
        // On disk, and nobody was told.
        return world.crash("between a commit and its answer");
    }
    for answer in answers {
        answer();
    }
    go_on(world, life);
}

/// Begins the next transaction if there is something to write.
fn go_on(world: &Arc<World>, life: u64) {
    world.with_disk(|disk| {
        disk.is_writing = !disk.waiting.is_empty();
        if disk.is_writing {
            world.agenda.after(1, Kind::Commit, 0, move |world| begin(world, life));
        }
    });
}
