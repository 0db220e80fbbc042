//! Decisions about an edition as someone was shown it, while others decide about it, too.

use fortnightly::app::decisions::Decisions;
use fortnightly::app::decisions::error::DecisionError;
use fortnightly::app::planner::{PlanRow, Planner};
use fortnightly::app::{AppError, bootstrap};
use fortnightly::clock::Clock;
use fortnightly::domain::edition::{EditionNumber, EditionState, HoldReason, StateReason};

use crate::support::fixture::{BASE, Fixture, three};

const BEFORE: &str = "2026-11-25T12:00:00Z";
const SEVEN: EditionNumber = EditionNumber(7);

#[track_caller]
fn is_refused<T: std::fmt::Debug>(came: &Result<T, AppError>) {
    let changed = Err(DecisionError::ChangedMeanwhile(SEVEN));
    let came = came.as_ref().map(|_| ()).map_err(|error| match error {
        AppError::Decision(why) => why.clone(),
        other => panic!("{other}"),
    });
    assert_eq!(came, changed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_about_something_newer_than_they_were_shown() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    let now = BEFORE.parse().unwrap();
    let (app, content) = bootstrap::open_whole(config, Clock::Fixed(now)).await.unwrap();
    let decisions = || Decisions::new(&app, Some(&content));
    let row = async || -> PlanRow { Planner::new(&app, &content).plan_of(SEVEN, now).await.unwrap() };
    // It need not be planned yet.
    let projected = row().await;
    decisions().while_as(projected.clone()).approve(SEVEN).await.unwrap();
    // Nor is it another edition because someone else has approved it.
    decisions().while_as(projected).approve(SEVEN).await.unwrap();
    decisions().hold(SEVEN, Some("the school asked")).await.unwrap();
    let shown = row().await;
    decisions().hold(SEVEN, Some("the head has resigned")).await.unwrap();
    is_refused(&decisions().while_as(shown.clone()).release(SEVEN).await);
    is_refused(&decisions().while_as(shown.clone()).approve(SEVEN).await);
    is_refused(&decisions().while_as(shown).approve_late(SEVEN).await);
    let (now, why) = (row().await, Some("the head has resigned".to_owned()));
    assert_eq!(now.reason, Some(StateReason::Held(HoldReason::Operator { why })));
    let released = decisions().while_as(now).release(SEVEN).await.unwrap();
    assert_eq!(released.edition.state, EditionState::Approved);
}
