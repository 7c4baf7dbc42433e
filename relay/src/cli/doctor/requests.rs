//! What people have asked for under data-protection law: is an answer due (A-C6.7, B-33)?

use jiff::civil::Date;

use super::Finding;
use crate::{
    cli::request::state,
    domain::request::Request,
    store::{Store, StoreError},
};

const CHECK: &str = "requests";

pub(super) async fn look(store: &Store) -> Vec<Finding> {
    match store.requests().await {
        Ok(requests) => judge(&requests, store.request_day()),
        Err(error) => vec![Finding::fail(CHECK, error.to_string(), BACKUP)],
    }
}

const BACKUP: &str = "Check the disk; open it anew, or `forecourt restore` from a backup";

fn judge(requests: &[Result<Request, StoreError>], today: Date) -> Vec<Finding> {
    let broken = requests.iter().filter_map(|request| request.as_ref().err());
    let mut findings: Vec<Finding> =
        broken.map(|error| Finding::fail(CHECK, error.to_string(), BACKUP)).collect();
    let open: Vec<&Request> =
        requests.iter().flatten().filter(|request| request.closed.is_none()).collect();
    findings.extend(open.iter().filter_map(|request| of_one(request, today)));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{} open, none of them is due", open.len())));
    }
    findings
}

/// What is to be done about one, if anything.
fn of_one(request: &Request, today: Date) -> Option<Finding> {
    let standing = request.standing(today);
    let Request { id, kind, .. } = request;
    let told = format!("{id} ({}): {}", kind.word(), state(request, today));
    if standing.is_overdue() {
        let remedy = format!("Answer it at once, then `forecourt request close {id} --outcome …`");
        return Some(Finding::fail(CHECK, told, remedy));
    }
    if standing.is_unforwarded {
        let remedy =
            format!("Tell the dealer, then `forecourt request note {id} --action forwarded`");
        return Some(Finding::warn(CHECK, format!("{told}; nobody has told the dealer"), remedy));
    }
    let is_reminder = standing.is_soon() || (standing.reminder().is_some() && !standing.is_paused);
    is_reminder.then(|| {
        let remedy = format!("Answer it, then `forecourt request close {id} --outcome …`");
        Finding::warn(CHECK, told, remedy)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        cli::doctor::Level,
        clock::Timestamp,
        domain::request::{Action, Change, Jurisdiction, Kind, Outcome, tests::request},
    };

    fn told(change: impl FnOnce(Request) -> Request, today: Date) -> (Level, String) {
        let asked = request(Kind::Access, Jurisdiction::Uk, date(2026, 11, 1));
        let found = judge(&[Ok(change(asked))], today);
        assert_eq!(found.len(), 1);
        (found[0].level, found[0].message.clone())
    }

    /// Told to the dealer on the second day.
    fn forwarded(request: Request) -> Request {
        let noon = Timestamp::from_millis(1_793_620_800_000);
        request.changed(Change::Note(Action::Forwarded, None), noon).unwrap()
    }

    #[test]
    fn a_request_is_told_from_the_seventh_day_on_and_fails_when_it_is_late() {
        let level = |day| told(forwarded, date(2026, 11, day)).0;
        assert_eq!((level(7), level(8), level(22)), (Level::Ok, Level::Warn, Level::Warn));
        let (_, words) = told(forwarded, date(2026, 11, 22));
        assert!(words.contains("day 21 of 30, due on 2026-12-01, 9 days left"), "{words}");
        let (level, words) = told(forwarded, date(2026, 12, 3));
        assert_eq!(level, Level::Fail);
        assert!(words.contains("overdue by 2 days"), "{words}");
    }

    #[test]
    fn a_dealer_who_was_not_told_is_missed_and_what_is_closed_is_not() {
        let (level, words) = told(|request| request, date(2026, 11, 3));
        assert_eq!(level, Level::Warn);
        assert!(words.contains("nobody has told the dealer"), "{words}");
        let close = Change::Close(Outcome::Granted, None);
        let closed = |request: Request| request.changed(close, Timestamp::from_millis(0)).unwrap();
        let (level, words) = told(closed, date(2027, 11, 3));
        assert_eq!((level, words.as_str()), (Level::Ok, "0 open, none of them is due"));
    }

    #[test]
    fn a_request_that_can_not_be_read_is_told() {
        let found = judge(&[Err(StoreError::Busy)], date(2026, 11, 3));
        assert_eq!((found.len(), found[0].level), (1, Level::Fail));
    }
}
