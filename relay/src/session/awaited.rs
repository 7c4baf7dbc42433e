//! The replies that one socket passes on, in the order in which they are written. Pure.

use std::collections::VecDeque;

use protocol::ReplyId;

use crate::session::effect::Effect;

/// The replies to pass on. The first is being followed, from when it is put there.
#[derive(Debug, Default)]
pub struct Awaited(VecDeque<ReplyId>);

impl Awaited {
    /// One that is followed already, or none.
    pub fn following(reply: Option<ReplyId>) -> Self {
        Self(reply.into_iter().collect())
    }

    /// Whether nothing is passed on.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The reply that is being passed on.
    pub fn first(&self) -> Option<&ReplyId> {
        self.0.front()
    }

    /// Whether this reply is passed on, now or later.
    pub fn contains(&self, reply: &ReplyId) -> bool {
        self.0.contains(reply)
    }

    /// Puts a reply last; follows it if it is the first.
    pub fn add(&mut self, reply: ReplyId) -> Option<Effect> {
        let is_first = self.0.is_empty();
        if self.0.contains(&reply) {
            return None;
        }
        self.0.push_back(reply);
        if is_first { self.follow() } else { None }
    }

    /// Puts all that is being written in the order in which it will end. The one that is being
    /// passed on stays the first.
    pub fn add_all(&mut self, running: Vec<ReplyId>) -> Option<Effect> {
        let waiting = std::mem::take(&mut self.0);
        let followed = waiting.front().cloned();
        // What is awaited and no longer written has ended, and is told at once when its turn comes.
        let ended = waiting.into_iter().filter(|reply| !running.contains(reply));
        for reply in followed.clone().into_iter().chain(ended.collect::<Vec<_>>()).chain(running) {
            if !self.0.contains(&reply) {
                self.0.push_back(reply);
            }
        }
        if followed.is_none() { self.follow() } else { None }
    }

    /// Takes out a reply that has ended; follows the next.
    pub fn end(&mut self, reply: &ReplyId) -> Option<Effect> {
        self.0.retain(|waiting| waiting != reply);
        self.follow()
    }

    /// Passes on the first, from its beginning.
    fn follow(&self) -> Option<Effect> {
        self.first().map(|reply| Effect::Follow { reply: reply.clone(), offset: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(n: u8) -> ReplyId {
        ReplyId::from_bytes(&[n; 16])
    }

    /// Which reply is to be followed from now on.
    fn followed(effect: Option<Effect>) -> Option<ReplyId> {
        match effect {
            Some(Effect::Follow { reply, .. }) => Some(reply),
            _ => None,
        }
    }

    #[test]
    fn only_the_first_is_followed_and_the_next_when_it_has_ended() {
        let mut awaited = Awaited::default();
        assert_eq!(followed(awaited.add(reply(1))), Some(reply(1)));
        assert_eq!(followed(awaited.add(reply(2))), None);
        assert_eq!(followed(awaited.add(reply(2))), None, "one that is known already");
        assert_eq!(followed(awaited.end(&reply(1))), Some(reply(2)));
        assert_eq!(followed(awaited.end(&reply(2))), None);
        assert!(awaited.is_empty());
    }

    #[test]
    fn what_another_tab_asked_takes_its_place_between() {
        let mut awaited = Awaited::default();
        awaited.add(reply(1));
        awaited.add(reply(3));
        assert_eq!(followed(awaited.add_all(vec![reply(1), reply(2), reply(3)])), None);
        assert_eq!(followed(awaited.end(&reply(1))), Some(reply(2)));
        assert_eq!(followed(awaited.end(&reply(2))), Some(reply(3)));
    }

    #[test]
    fn one_that_ended_unheard_is_told_before_those_that_still_run() {
        let mut awaited = Awaited::default();
        awaited.add(reply(1));
        awaited.add(reply(2));
        awaited.add_all(vec![reply(3)]);
        assert_eq!(followed(awaited.end(&reply(1))), Some(reply(2)));
        assert_eq!(followed(awaited.end(&reply(2))), Some(reply(3)));
        assert_eq!(followed(Awaited::default().add_all(vec![reply(3)])), Some(reply(3)));
    }
}
