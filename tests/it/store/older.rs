//! A store of the version before, with every kind of reason as that version wrote it.

use std::path::Path;

use chrono::{TimeDelta, Utc};
use fortnightly::domain::calendar::{Action, Approval, ClosedDayPolicy, Schedule, reconcile};
use fortnightly::domain::edition::state::change;
use fortnightly::domain::edition::{
    Edition, EditionChange, EditionNumber, EditionState, HoldReason, LastUse, MissReason, PickReason, StateReason,
    ThemeReason, ToldHold, WithdrawReason,
};
use fortnightly::messages;
use fortnightly::store::{Archive as _, Editions as _, StoreMeta};

use super::migrations::store_of;
use super::open;
use super::samples::{at, day};
use super::whole::Whole as _;

const LATE: &str = "late: it was due on Monday 7 September 2026 at 08:00, more than 72 hours ago; send it with \
                    `fortnightly send --late` or wait for the next edition";
const UNAPPROVED: &str = "late: it was due on Monday 7 September 2026 at 08:00, more than 72 hours ago, and nobody approved \
                          it; look at `fortnightly preview --edition 2`, then `fortnightly approve 2` \
                          (`fortnightly send --late` approves of it as it is), or wait for the next edition";
const MISSING: &str = "approval is missing: it fell due on Monday 7 September 2026 at 08:00; look at \
                       `fortnightly preview --edition 3`, then `fortnightly approve 3`";
const UNSERVED: &str = "no activity for a band that is read: 4-5 (3 mailboxes), 14+ (1 mailboxes); add one to the library \
                        or bring a review up to date";
const CONSENT: &str = "config.toml would end many subscriptions: look at `fortnightly sync --dry-run`; if that is meant, \
                       `fortnightly sync --yes`, then `fortnightly send --late`";
const SENDER: &str = "the run stopped itself: the relay refuses this sender (550 5.7.1 no (really)); mend that first";
const REFUSALS: &str = "the run stopped itself: 3 of 50 mails were refused for good (the last: 550 no)";
const MESSAGE: &str = "edition 9: a delivery names a segment that was not stored";
const BEHIND: &str =
    "it was due on Monday 7 September 2026 at 08:00, more than 72 hours ago, and a newer edition has been sent";

/// State, reason, and whether it was published, by number from 1.
const EDITIONS: [(&str, &str, bool); 17] = [
    ("held", LATE, false),
    ("held", UNAPPROVED, false),
    ("held", MISSING, false),
    ("held", "approval is missing", false),
    ("held", UNSERVED, false),
    ("held", CONSENT, false),
    ("held", SENDER, true),
    ("held", REFUSALS, true),
    ("held", MESSAGE, true),
    ("held", "restored store", true),
    ("held", "an operator held it", true),
    ("held", "an operator held it: late, see `plan.md`", false),
    ("missed", "edition 14 fell due while it was held", false),
    ("missed", "edition 15 fell due before it was sent", false),
    ("missed", BEHIND, false),
    ("withdrawn", "an operator withdrew it", false),
    ("planned", "", false),
];

/// Reasons of themes, and of their editions' first picks, by number from 1.
const PICKS: [(&str, &str); 9] = [
    ("never used before", "never used"),
    ("occasion safer-internet-day", "for the occasion safer-internet-day: never used"),
    ("not used since edition 1 (longest ago of 3 themes)", "least recently used (edition 12)"),
    ("used in edition 5, but no other theme can serve 1 of the 1 bands", "planned for edition 9 too"),
    (
        "planned for edition 5 too, as every theme that could serve as many bands is soon",
        "the theme's only activity for this band",
    ),
    (
        "replaces “b”, which can no longer be used; occasion exams",
        "for the occasion exams, from another theme: “a” has none for it and 8-10; never used",
    ),
    ("no activity of the library may be sent on this day", "from another theme: “a” has none for 4-5; never used"),
    ("never used before", "replaces b/old: it was withdrawn; for the occasion exams: never used"),
    ("never used before", "chosen by an operator instead of a/x; last in edition 3"),
];

fn write_old_store(path: &Path) {
    let store = store_of(path, 7);
    for (number, (state, reason, published)) in (1_u32..).zip(EDITIONS) {
        let theme = PICKS.get(number as usize - 1).map_or("never used before", |(theme, _)| theme);
        let insert = "INSERT INTO editions (number, state, reason, date, due_at, theme, theme_reason, published_at)
                      VALUES (?1, ?2, nullif(?3, ''), '2026-09-07', ?4, 'a', ?5, ?6)";
        let published = published.then(|| at(0).timestamp_millis());
        store.execute(insert, (number, state, reason, at(0).timestamp_millis(), theme, published)).unwrap();
        if let Some((_, pick)) = PICKS.get(number as usize - 1) {
            let insert = "INSERT INTO picks (edition, position, band, activity, title, reason, fingerprint)
                          VALUES (?1, 0, '4-5', 'a/x', 'X', ?2, '')";
            store.execute(insert, (number, pick)).unwrap();
        }
    }
    let insert =
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (0, 'calendar', 'hold', 'edition 1', ?1)";
    store.execute(insert, [LATE]).unwrap();
    let insert =
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (0, 'cli', 'subscribe', 'recipient 1', '')";
    store.execute(insert, []).unwrap();
}

/// Bands are called age groups, where people read of them.
fn as_it_is_said_now(reason: &str) -> String {
    reason.replace(" this band", " this age group").replace(" bands", " age groups")
}

fn told(kind: ToldHold, text: &str) -> HoldReason {
    HoldReason::Told { kind, text: text.to_owned() }
}

#[tokio::test]
async fn every_reason_of_the_version_before_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    write_old_store(&path);
    let store = open(&path);
    let editions = store.editions().await.unwrap();
    let holds: Vec<_> = editions.iter().filter_map(Edition::hold_reason).cloned().collect();
    let operator = |why: Option<&str>| HoldReason::Operator { why: why.map(str::to_owned) };
    let expected = [
        told(ToldHold::Late, LATE),
        told(ToldHold::Late, UNAPPROVED),
        told(ToldHold::ApprovalMissing, MISSING),
        HoldReason::ApprovalMissing { due: None },
        told(ToldHold::Other, UNSERVED),
        HoldReason::ConsentMissing,
        HoldReason::SenderRefused { reply: "550 5.7.1 no (really)".to_owned() },
        told(ToldHold::Other, REFUSALS),
        told(ToldHold::Other, MESSAGE),
        HoldReason::RestoredStore,
        operator(None),
        operator(Some("late, see `plan.md`")),
    ];
    assert_eq!(holds, expected);
    let overtaken = |by, held| MissReason::Overtaken { by: EditionNumber(by), held };
    let missed = [overtaken(14, true), overtaken(15, false), MissReason::Told { text: BEHIND.to_owned() }];
    for (edition, reason) in editions[12..15].iter().zip(missed) {
        assert_eq!(edition.reason, Some(StateReason::Missed(reason)));
    }
    assert_eq!(editions[15].reason, Some(StateReason::Withdrawn(WithdrawReason::Operator)));
    assert_eq!((editions[16].state, &editions[16].reason), (EditionState::Planned, &None));
    // People read what they read before.
    for (edition, (_, reason, _)) in editions.iter().zip(EDITIONS) {
        assert_eq!(messages::edition::reason(edition).unwrap_or_default(), reason);
    }
    for (edition, (theme, pick)) in editions.iter().zip(PICKS) {
        assert_eq!(messages::picks::theme(&edition.selection), theme);
        assert_eq!(messages::picks::pick(&edition.selection.picks[0]), as_it_is_said_now(pick));
    }
    let audit = store.audit().await.unwrap();
    assert_eq!(messages::audit::detail("hold", &audit[0].subject, &audit[0].detail), LATE);
    let actors: Vec<_> = audit.iter().map(|line| line.actor.as_str()).collect();
    assert_eq!(actors, ["calendar", "operator"], "an operator is called what they are called now");
}

#[tokio::test]
async fn picks_of_the_version_before_keep_their_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    write_old_store(&path);
    let editions = open(&path).editions().await.unwrap();
    let reason = |number: usize| &editions[number - 1].selection.picks[0].reason;
    assert_eq!(*reason(1), PickReason::Rotation(LastUse::Never));
    assert_eq!(*reason(3), PickReason::Rotation(LastUse::In(EditionNumber(12))));
    assert_eq!(*reason(4), PickReason::Rotation(LastUse::PlannedFor(EditionNumber(9))));
    assert_eq!(*reason(5), PickReason::OnlyOne);
    let occasions: Vec<_> = (1..=PICKS.len()).map(|number| reason(number).occasion()).collect();
    let exams = Some("exams");
    assert_eq!(occasions, [None, Some("safer-internet-day"), None, None, None, exams, None, exams, None]);
    assert_eq!(editions[1].selection.theme_reason, ThemeReason::Occasion { name: "safer-internet-day".to_owned() });
    assert_eq!(editions[6].selection.theme_reason, ThemeReason::NothingEligible);
}

#[tokio::test]
async fn editions_of_the_version_before_behave_as_they_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    write_old_store(&path);
    let store = open(&path);
    store.begin(StoreMeta { anchor: day("2026-09-07"), first: EditionNumber(1) }, at(0)).await.unwrap();
    let editions = store.editions().await.unwrap();
    // The clock was wrong: what was given up for its time comes back, and nothing that a person or a fault holds.
    let schedule = Schedule {
        anchor: day("2026-09-07"),
        send_at: "08:00:00".parse().unwrap(),
        timezone: chrono_tz::Tz::Europe__London,
        grace: TimeDelta::hours(72),
        plan_ahead: 1,
        on_closed_day: ClosedDayPolicy::Shift,
        approval: Approval::Automatic,
        pauses: Vec::new(),
        holidays: Vec::new(),
        occasions: Vec::new(),
    };
    let early = "2026-09-01T00:00:00Z".parse::<chrono::DateTime<Utc>>().unwrap();
    let actions = reconcile(&schedule, early, EditionNumber(1), &editions);
    let revived: Vec<u32> = actions
        .iter()
        .filter_map(|action| if let Action::Revive(number) = action { Some(number.0) } else { None })
        .collect();
    assert_eq!(revived, [1, 2, 13, 14, 15]);
    let changes: Vec<_> = revived.iter().map(|number| EditionChange::Reinstate(EditionNumber(*number))).collect();
    assert!(store.write_editions(&change(&editions, &changes, early), &[], "test", early).await.unwrap());
    assert_eq!(store.edition(EditionNumber(2)).await.unwrap().unwrap().state, EditionState::Planned);
    // A person's hold takes the place of a restored store's, and not of their own.
    for (number, held_anew) in [(10, true), (11, false)] {
        let hold = EditionChange::Hold(EditionNumber(number), HoldReason::Operator { why: None });
        let after = change(&editions, &[hold], at(1));
        assert_eq!(after.audit.len(), usize::from(held_anew), "edition {number}");
    }
    // Released, each goes its way again: planned, or on with its sending.
    for (number, state) in [(4, EditionState::Planned), (12, EditionState::Planned), (7, EditionState::Sending)] {
        let number = EditionNumber(number);
        let seen = store.editions().await.unwrap();
        let after = change(&seen, &[EditionChange::Release(number)], at(2));
        assert!(store.write_editions(&after, &[], "test", at(2)).await.unwrap());
        let edition = store.edition(number).await.unwrap().unwrap();
        assert_eq!((edition.state, edition.reason, edition.released_at), (state, None, Some(at(2))));
    }
}

/// A theme and an activity as the version before wrote them down when it published.
const OLD_THEME: &str = r#"{"name":"a","title":"Sharing","strand":"bullying","order":null,"reviewed":"2026-09-01",
    "review_by":"2028-09-01","opening":[],"for_parents":[{"paragraph":[{"text":"An article."}]}]}"#;
const OLD_ACTIVITY: &str = r#"{"id":"a/x","title":"X","bands":["4-5"],"minutes":15,"summary":"Ask first.","needs":[],
    "screen":false,"sensitivity":"care","reviewed":"2026-09-01","review_by":"2028-09-01","not_before":null,
    "not_after":null,"occasions":[],"resources":[],"image":null,"get_ready":[],"do_it_together":[],"talk_about_it":[],
    "if_something_worries_you":[{"paragraph":[{"text":"Tell someone."}]}]}"#;

#[tokio::test]
async fn what_the_version_before_published_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let conn = store_of(&path, 11);
    let insert =
        "INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at, theme_text, notices)
                  VALUES (7, 'sent', '2026-09-07', 1, 'a', 'never-used', 1, ?1, '[]')";
    conn.execute(insert, [OLD_THEME]).unwrap();
    conn.execute("INSERT INTO edition_texts (edition, activity, content) VALUES (7, 'a/x', ?1)", [OLD_ACTIVITY])
        .unwrap();
    drop(conn);
    let store = open(&path);
    let view = store.published_view(EditionNumber(7)).await.unwrap().unwrap();
    assert_eq!((view.theme.title.as_str(), view.theme.author, view.theme.reviewed_by), ("Sharing", None, None));
    let (edition, activity) = store.published_activity(&"a/x".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((edition, activity.title.as_str()), (EditionNumber(7), "X"));
    assert_eq!((&activity.skill, &activity.say, &activity.next, &activity.printable), (&None, &None, &None, &None));
    assert_eq!(activity.if_something_worries_you.plain(), "Tell someone.");
    assert_eq!(view.texts[0].content, activity);
}
