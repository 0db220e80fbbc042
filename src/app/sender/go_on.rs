//! Goes on with bulletins that are being sent, and makes way for editions: those are due to the second.

use std::future::pending;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::deliver::Deliverer;
use super::observer::Observer;
use super::order::{Order, RunReport, SendError, Sent};
use crate::app::context::AppContext;
use crate::app::edition::bulletins_on_their_way;
use crate::domain::bulletin::{BESIDE, BulletinRecord};
use crate::domain::calendar::NextEdition;
use crate::domain::edition::EditionState;

/// So long before an edition falls due, a bulletin that may go out beside it makes way, too: what is in flight then is settled in time.
const SETTLES: TimeDelta = TimeDelta::minutes(1);

/// How far bulletins came.
#[derive(Debug, Default)]
pub struct WentOn {
    /// What each run came to.
    pub runs: Vec<RunReport>,
    /// The time was over, and something may be left that could leave now.
    pub is_cut_off: bool,
}

/// Goes on with every bulletin that is being sent, the oldest first, for so long at most in all: each has its share, so that a long
/// one keeps no other waiting. An edition that is to come is made way for:
/// an hour before, and by bulletins that may go out beside it a minute before.
///
/// # Errors
/// The first that fails; the others had their turn.
pub async fn go_on(
    context: &AppContext,
    most: Option<Duration>,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<WentOn, SendError> {
    let (mut went_on, mut failed) = (WentOn::default(), Ok(()));
    let deliverer = Deliverer::new(context);
    let bulletins = bulletins_on_their_way(&*context.store).await?;
    let share = most.map(|most| most / u32::try_from(bulletins.len()).unwrap_or(u32::MAX).max(1));
    for bulletin in bulletins {
        if stop.is_cancelled() {
            break;
        }
        let left = Left::until(context.next_to_come().await?, &bulletin, share, context.clock.now());
        if left.time == Some(Duration::ZERO) {
            match left.makes_way_for {
                Some(edition) => observer.makes_way(&bulletin.name, edition.edition, false),
                None => went_on.is_cut_off = true,
            }
            continue;
        }
        let ran = run_for(&left, stop, async |end| {
            deliverer.deliver_until(bulletin.id.mailing(), &Order::WHAT_IS_DUE, observer, (stop, end)).await
        });
        match ran.await {
            (Ok(Sent::Run(report)), is_cut_off) => {
                let is_left = is_cut_off && report.edition.state == EditionState::Sending;
                match left.makes_way_for {
                    Some(edition) if is_left => observer.makes_way(&bulletin.name, edition.edition, true),
                    _ => went_on.is_cut_off |= is_left,
                }
                went_on.runs.push(report);
            }
            (Ok(_), _) => {}
            (Err(error), _) => failed = failed.and(Err(error)),
        }
    }
    failed.map(|()| went_on)
}

/// How long a run may last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Left {
    /// None where nothing ends it.
    time: Option<Duration>,
    /// The edition for which it ends, if it ends for one.
    makes_way_for: Option<NextEdition>,
}

impl Left {
    fn until(next: Option<NextEdition>, bulletin: &BulletinRecord, most: Option<Duration>, now: DateTime<Utc>) -> Self {
        let may_go_beside = bulletin.published.as_ref().is_some_and(|published| published.beside_edition);
        let ahead = if may_go_beside { SETTLES } else { BESIDE };
        let way = next.map(|next| next.due_at.to_utc() - ahead);
        let end = most.and_then(|most| now.checked_add_signed(TimeDelta::from_std(most).ok()?));
        let makes_way_for = next.filter(|_| way.is_some_and(|way| end.is_none_or(|end| way <= end)));
        let ends = [way, end].into_iter().flatten().min();
        Self { time: ends.map(|ends| (ends - now).to_std().unwrap_or_default()), makes_way_for }
    }
}

/// Runs for so long at most; whether it was stopped because that was over.
async fn run_for<T>(
    left: &Left,
    stop: &CancellationToken,
    run: impl AsyncFnOnce(&CancellationToken) -> T,
) -> (T, bool) {
    let ours = stop.child_token();
    let over = async {
        match left.time {
            Some(time) => sleep(time).await,
            None => pending().await,
        }
        ours.cancel();
        pending::<std::convert::Infallible>().await
    };
    let done = tokio::select! {
        done = run(&ours) => done,
        never = over => match never {},
    };
    (done, ours.is_cancelled() && !stop.is_cancelled())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bulletin::life;
    use crate::domain::bulletin::{Audience, Bulletin, BulletinId};
    use crate::domain::edition::EditionNumber;
    use crate::domain::prose::Prose;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn sending(beside_edition: bool) -> BulletinRecord {
        let text = Bulletin {
            name: "warning".parse().unwrap(),
            title: String::new(),
            summary: String::new(),
            bands: Vec::new(),
            sectors: Vec::new(),
            corrects: None,
            correction: None,
            body: Prose::default(),
        };
        let planned = BulletinRecord::planned(BulletinId(1), text.name.clone(), at(0), at(0).date_naive());
        life::publish(&planned, &text, Audience::default(), beside_edition, at(0)).unwrap()
    }

    #[test]
    fn an_edition_is_made_way_for_an_hour_before_or_a_minute() {
        let next = NextEdition { edition: EditionNumber(7), due_at: at(120).fixed_offset() };
        let time = |beside, now: i64, most| {
            let left = Left::until(Some(next), &sending(beside), most, at(now));
            (left.time.map(|time| time.as_secs() / 60), left.makes_way_for.is_some())
        };
        assert_eq!(time(false, 0, None), (Some(60), true));
        assert_eq!(time(true, 0, None), (Some(119), true));
        assert_eq!(time(false, 60, None), (Some(0), true));
        assert_eq!(time(true, 119, Some(MINUTE)), (Some(0), true));
        assert_eq!(time(false, 0, Some(MINUTE)), (Some(1), false), "editions have their turn, and then it goes on");
        assert_eq!(time(true, 118, Some(5 * MINUTE)), (Some(1), true));
    }

    #[test]
    fn without_an_edition_nothing_is_made_way_for() {
        let left = |most| Left::until(None, &sending(false), most, at(0));
        assert_eq!(left(None), Left { time: None, makes_way_for: None });
        assert_eq!(left(Some(MINUTE)), Left { time: Some(MINUTE), makes_way_for: None });
    }
}
