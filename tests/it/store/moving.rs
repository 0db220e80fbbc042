//! A store that is moved to another backend says the same there and goes on in the same way; wherever the move breaks off, the store
//! is live at one place at most, and the same once more completes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use fortnightly::app::error::{AppError, MoveError};
use fortnightly::app::mover::{Moved, Mover};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::notice::NoticeKind;
use fortnightly::domain::subscription::confirm::Asked;
use fortnightly::domain::user::Role;
use fortnightly::domain::writing::version::SaveAction;
use fortnightly::store::moving::{Kept, NewStore, OldStore, Row, STAYS, Standing, TABLES, Table};
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{Editions as _, Store, StoreError};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::accounts;
use super::conformance::bulletins::approve_one;
use super::conformance::decisions::approve_with_texts;
use super::conformance::notices::notice;
use super::conformance::reading::mend_one;
use super::conformance::texts;
use super::counts::MAILBOXES;
use super::samples::{SEVEN, at, crowd, send_out};
use super::twins::{self, Act, Twin};
use super::{hasher, open};
use crate::support::postgres::{change, fresh};
use crate::support::trials::is_long;

/// Where a store is.
#[derive(Clone)]
enum Place {
    File(PathBuf),
    Database(PostgresSettings),
}

impl Place {
    fn database() -> Self {
        Self::Database(fresh().expect("PostgreSQL is installed where this is run"))
    }

    async fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(match self {
            Self::File(path) => Box::new(SqliteStore::open(path, hasher())?),
            Self::Database(settings) => Box::new(PostgresStore::open(settings, hasher()).await?),
        })
    }

    async fn leave(&self) -> Box<dyn OldStore> {
        match self {
            Self::File(path) => SqliteStore::leave(path).unwrap(),
            Self::Database(settings) => PostgresStore::leave(settings).await.unwrap(),
        }
    }

    fn arrive(&self) -> Box<dyn NewStore> {
        match self {
            Self::File(path) => SqliteStore::arrive(path),
            Self::Database(settings) => PostgresStore::arrive(settings).unwrap(),
        }
    }

    /// Whether there is a store that can be used. To ask makes none.
    async fn is_live(&self) -> bool {
        match self.arrive().standing().await.unwrap() {
            Standing::Live(_) => true,
            Standing::Empty | Standing::BeingFilled(_) | Standing::Moved(..) => false,
        }
    }

    async fn move_to(&self, other: &Self) -> Result<Moved, AppError> {
        let (mut old, mut new) = (self.leave().await, other.arrive());
        Mover { old: old.as_mut(), new: new.as_mut(), url: "there", tell: |_| {} }.go().await
    }
}

/// What leaves something in every table, then so many other acts, always the same.
fn acts(count: usize) -> Vec<Act> {
    use super::counts::Act::{Ask, Fulfil, Leave, Subscribe, Sync};
    let all = (0..=MAILBOXES).map(|i| Subscribe(i, i % 2, false, false));
    let first = all
        .chain([Leave(4, false), Subscribe(4, 3, false, true), Ask(7), Ask(8), Fulfil, Sync(vec![0, 1], 1)])
        .map(Act::List);
    let gone = (1..=4).map(|recipient| Act::Report(recipient, "5.1.1"));
    let sent = [
        Act::Publish,
        Act::Relay(1, false),
        Act::Relay(2, false),
        Act::Relay(3, false),
        Act::Relay(4, true),
        Act::Relay(6, false),
    ];
    let mut runner = TestRunner::deterministic();
    let others = prop::collection::vec(twins::act(), count).new_tree(&mut runner).unwrap().current();
    first.chain(sent).chain(gone).chain(others).collect()
}

/// What leaves a user with a session, and another with a link.
fn users() -> Vec<Act> {
    use accounts::Act::{Add, Enter, Reset};
    [Add(0, Role::Admin), Add(1, Role::Admin), Reset(0), Enter(0), Reset(1)].map(Act::Users).to_vec()
}

/// The day and the minute of the last act.
type Now = (i64, i64);

/// Carries them out, and what was in a sender's hand is put back, as at the end of a run; what each came to.
async fn perform(twin: &mut Twin, acts: &[Act], (day, minute): &mut Now) -> Vec<String> {
    let mut came = Vec::new();
    for act in acts {
        *day += i64::from(matches!(act, Act::List(_)));
        *minute += 1;
        came.push(twin.perform(act.clone(), *day, at(*day * 24 * 60 + *minute)).await);
    }
    twin.store.abandon(true, at(*day * 24 * 60 + *minute)).await.unwrap();
    came
}

async fn twin(place: &Place, asked: &[Asked]) -> Twin {
    Twin { store: place.open().await.unwrap(), asked: asked.to_vec(), links: [None; 3] }
}

/// What operators were told, when the relay was away, and which bulletins there are.
async fn remembered(store: &dyn Store) -> String {
    let (told, outages) = (store.told().await.unwrap(), store.relay_outages().await.unwrap());
    format!("{told:?} {outages:?} {:?}", store.bulletins().await.unwrap())
}

#[track_caller]
fn same(these: &[String], those: &[String]) {
    these.iter().zip(those).for_each(|(this, that)| assert_eq!(this, that));
    assert_eq!(these.len(), those.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_the_same_wherever_it_is_and_goes_on_alike() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| Place::File(folder.path().join(name));
    let (first, stays, back, database) = (file("first.db"), file("stays.db"), file("back.db"), Place::database());
    let acts = acts(if is_long() { 600 } else { 60 });
    let (before, after) = acts.split_at(acts.len() / 2);
    let (meanwhile, after) = after.split_at(after.len() / 2);
    let (mut one, mut now) = (twin(&first, &[]).await, (0, 0));
    perform(&mut one, before, &mut now).await;
    perform(&mut one, &users(), &mut now).await;
    assert!(one.store.tell(&notice(NoticeKind::Held, &["7 late"], 9), at(0)).await.unwrap());
    one.store.note_relay_unreachable(3, at(1)).await.unwrap();
    approve_with_texts(&*one.store, EditionNumber(99)).await;
    approve_one(&*one.store).await;
    mend_one(&*one.store).await;
    texts::keep(&*one.store, "games/one.md", "once", Some(SaveAction::Write), 1).await;
    let known = remembered(&*one.store).await;
    let (asked, said) = (one.asked.clone(), one.answers().await);
    drop(one);
    fs::copy(folder.path().join("first.db"), folder.path().join("stays.db")).unwrap();

    let moved = first.move_to(&database).await.unwrap();
    let Moved::Whole(counts) = moved else { panic!("{moved:?}") };
    let empty: Vec<_> = counts.iter().filter(|(_, rows)| *rows == 0).map(|(table, _)| *table).collect();
    // What happens here leaves nothing in these.
    let unused = ["withdrawn_activities", "former_names", "report_counts", "revisions"];
    assert!(empty.iter().all(|table| unused.contains(table)), "the test proves nothing of {empty:?}");
    let (mut stayed, mut went) = (twin(&stays, &asked).await, twin(&database, &asked).await);
    same(&went.answers().await, &said);
    assert_eq!(remembered(&*went.store).await, known);
    assert!(!went.store.tell(&notice(NoticeKind::Held, &["7 late"], 20), at(9)).await.unwrap(), "it is told once");
    let mut then = now;
    same(&perform(&mut went, meanwhile, &mut then).await, &perform(&mut stayed, meanwhile, &mut now).await);
    same(&went.answers().await, &stayed.answers().await);
    let asked = went.asked.clone();
    drop(went);

    assert!(matches!(database.move_to(&back).await.unwrap(), Moved::Whole(_)));
    let mut came_back = twin(&back, &asked).await;
    same(&came_back.answers().await, &stayed.answers().await);
    same(&perform(&mut came_back, after, &mut then).await, &perform(&mut stayed, after, &mut now).await);
    same(&came_back.answers().await, &stayed.answers().await);
    for left in [&first, &database] {
        assert!(matches!(left.open().await, Err(StoreError::Moved { to, .. }) if to == "there"));
    }
}

/// Breaks off before, or after, one of all steps.
#[derive(Clone, Default)]
struct Break {
    step: Arc<AtomicUsize>,
    at: Option<usize>,
}

impl Break {
    fn step(&self) -> Result<(), StoreError> {
        let is_now = self.at == Some(self.step.fetch_add(1, Ordering::SeqCst));
        let broke = || StoreError::Backend { place: "here".to_owned(), reason: "the test broke it off".to_owned() };
        if is_now { Err(broke()) } else { Ok(()) }
    }

    async fn around<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.step()?;
        let done = work.await?;
        self.step()?;
        Ok(done)
    }
}

struct Fragile<T: ?Sized>(Break, Box<T>);

#[async_trait]
impl OldStore for Fragile<dyn OldStore> {
    fn standing(&self) -> Standing {
        self.1.standing()
    }

    async fn in_hand(&mut self) -> Result<u64, StoreError> {
        self.0.around(self.1.in_hand()).await
    }

    async fn count(&mut self, table: &'static Table) -> Result<u64, StoreError> {
        self.1.count(table).await
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        self.0.around(self.1.part(table, after)).await
    }

    async fn seal(&mut self, to: &str) -> Result<(), StoreError> {
        self.0.around(self.1.seal(to)).await
    }
}

#[async_trait]
impl NewStore for Fragile<dyn NewStore> {
    async fn standing(&mut self) -> Result<Standing, StoreError> {
        self.1.standing().await
    }

    async fn begin(&mut self, name: &str) -> Result<bool, StoreError> {
        self.0.around(self.1.begin(name)).await
    }

    async fn put(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.0.around(self.1.put(table, rows)).await
    }

    async fn complete(&mut self) -> Result<(), StoreError> {
        self.0.around(self.1.complete()).await
    }

    async fn part(&mut self, table: &'static Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        self.0.around(self.1.part(table, after)).await
    }

    async fn make_live(&mut self) -> Result<(), StoreError> {
        self.0.around(self.1.make_live()).await
    }
}

/// Moves from one place to the other, breaking off at a step; how many steps there were.
async fn move_and_break(from: &Place, to: &Place, at: Option<usize>) -> (Result<Moved, AppError>, usize) {
    let broken = Break { at, ..Break::default() };
    let mut old = Fragile(broken.clone(), from.leave().await);
    let mut new = Fragile(broken.clone(), to.arrive());
    let moved = Mover { old: &mut old, new: &mut new, url: "there", tell: |_| {} }.go().await;
    (moved, broken.step.load(Ordering::SeqCst))
}

/// A store with something in every corner, in a new place of that kind.
async fn sample(file: &Path, is_database: bool) -> Place {
    let copy = file.with_extension("copy.db");
    fs::copy(file, &copy).unwrap();
    let (copy, database) = (Place::File(copy), Place::database());
    if is_database {
        copy.move_to(&database).await.unwrap();
        return database;
    }
    copy
}

async fn broken_off_anywhere(from_database: bool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.db");
    let mut one = twin(&Place::File(file.clone()), &[]).await;
    perform(&mut one, &acts(20), &mut (0, 0)).await;
    let said = one.answers().await;
    drop(one);
    let file_named = |name: usize| Place::File(folder.path().join(format!("new-{name}.db")));
    let to = |name: usize| if from_database { file_named(name) } else { Place::database() };
    let (moved, steps) = move_and_break(&sample(&file, from_database).await, &to(0), None).await;
    assert!(matches!(moved, Ok(Moved::Whole(_))), "{moved:?}");
    let is_tried = |step: &usize| is_long() || *step < 5 || *step + 6 > steps || step.is_multiple_of(17);
    let mut ends = BTreeSet::new();
    for step in (0..steps).filter(is_tried) {
        let (old, new) = (sample(&file, from_database).await, to(step + 1));
        let (broken, _) = move_and_break(&old, &new, Some(step)).await;
        assert!(matches!(broken, Err(AppError::Store(StoreError::Backend { .. }))), "step {step}: {broken:?}");
        let live = (old.is_live().await, new.is_live().await);
        assert!(live != (true, true), "step {step}: it is live twice");
        if live == (true, false) {
            assert!(old.open().await.is_ok(), "step {step}: it does not go on");
        }
        let (again, _) = move_and_break(&old, &new, None).await;
        let again = again.unwrap_or_else(|error| panic!("step {step}: {error}"));
        ends.insert(match again {
            Moved::Whole(_) => "whole",
            Moved::Rest => "rest",
            Moved::Before => "before",
        });
        assert_eq!((old.is_live().await, new.is_live().await), (false, true), "step {step}");
        same(&twin(&new, &[]).await.answers().await, &said);
        assert!(matches!(move_and_break(&old, &new, None).await.0, Ok(Moved::Before)));
    }
    assert_eq!(ends.len(), 3, "it broke off before, between and after: {ends:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_database_it_may_break_off_anywhere() {
    broken_off_anywhere(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_file_it_may_break_off_anywhere() {
    broken_off_anywhere(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_hand_and_what_is_in_the_way_keep_it_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (old, other) = (Place::File(folder.path().join("old.db")), Place::File(folder.path().join("other.db")));
    let (database, full) = (Place::database(), Place::database());
    let store = old.open().await.unwrap();
    send_out(&*store, &crowd(2)).await;
    store.claim(Some(SEVEN), at(2), 1).await.unwrap();
    // A sender that is alive: its process is this one.
    assert!(matches!(old.move_to(&database).await, Err(AppError::Move(MoveError::InHand(1)))));
    store.abandon(true, at(3)).await.unwrap();
    for place in [&other, &full] {
        drop(place.open().await.unwrap());
        assert!(matches!(old.move_to(place).await, Err(AppError::Move(MoveError::InTheWay(_)))));
    }
    // What is being filled with another store is in the way, too, and nobody can use it meanwhile.
    drop(place_of_another(&folder.path().join("third.db"), &database).await);
    assert!(matches!(database.open().await, Err(StoreError::Incomplete { .. })));
    let Place::Database(settings) = &database else { unreachable!() };
    assert!(matches!(PostgresStore::snapshot(settings, hasher()).await, Err(StoreError::Incomplete { .. })));
    assert!(matches!(old.move_to(&database).await, Err(AppError::Move(MoveError::InTheWay(_)))));
    // A store that was left is only looked at, also by whoever has it open; elsewhere it cannot go.
    let there = Place::database();
    assert!(matches!(old.move_to(&there).await, Ok(Moved::Whole(_))));
    assert!(matches!(store.check_version().await, Err(StoreError::Moved { .. })));
    assert!(matches!(store.claim(Some(SEVEN), at(5), 1).await, Err(StoreError::Moved { .. })));
    assert!(store.edition(SEVEN).await.unwrap().is_some(), "it still answers");
    change_url(&there, &old).await;
}

/// The same of a database.
async fn change_url(database: &Place, old: &Place) {
    let store = database.open().await.unwrap();
    let (Place::Database(settings), Place::File(path)) = (database, old) else { unreachable!() };
    change(settings, "UPDATE store SET moved_to = 'elsewhere'");
    assert!(matches!(store.check_version().await, Err(StoreError::Moved { .. })));
    assert!(matches!(store.claim(Some(SEVEN), at(5), 1).await, Err(StoreError::Moved { .. })));
    assert!(store.edition(SEVEN).await.unwrap().is_some(), "it still answers");
    let look = PostgresStore::snapshot(settings, hasher()).await.unwrap();
    assert!(look.edition(SEVEN).await.unwrap().is_some());
    let (mut left, mut new) = (SqliteStore::leave(path).unwrap(), Place::database().arrive());
    let elsewhere = Mover { old: left.as_mut(), new: new.as_mut(), url: "not there", tell: |_| {} }.go().await;
    assert!(matches!(elsewhere, Err(AppError::Store(StoreError::Moved { to, .. })) if to == "there"));
}

/// A move of another store that broke off.
async fn place_of_another(file: &Path, to: &Place) -> (Result<Moved, AppError>, usize) {
    drop(open(file));
    move_and_break(&Place::File(file.to_owned()), to, Some(20)).await
}

/// What the schemas have beside what moves: a claim is never there then, and accepted mails are a table of their own.
const BESIDE: &[&str] = &["deliveries.claim", "editions.accepted"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_of_both_schemas_moves_or_is_said_to_stay() {
    let described = |kept: fn(&Table) -> Kept| -> BTreeSet<String> {
        let is_here = |table: &&Table| kept(table) == Kept::Here || !["accepted", "numbers"].contains(&table.name);
        let columns = TABLES
            .iter()
            .filter(is_here)
            .flat_map(|table| table.columns.iter().map(|(column, _)| format!("{}.{column}", table.name)));
        columns.collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    drop(open(&file));
    let conn = rusqlite::Connection::open(&file).unwrap();
    let query = "SELECT t.name || '.' || c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
                 WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_s%'";
    let mut statement = conn.prepare(query).unwrap();
    let found = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let moves =
        |column: &String| !STAYS.contains(&column.split('.').next().unwrap()) && !BESIDE.contains(&column.as_str());
    let found: BTreeSet<String> = found.filter(moves).collect();
    assert_eq!(found, described(|table| table.sqlite));

    let Place::Database(settings) = Place::database() else { unreachable!() };
    drop(PostgresStore::open(&settings, hasher()).await.unwrap());
    let mut expected = described(|table| table.postgres);
    expected.extend(["numbers.kind".to_owned(), "numbers.next".to_owned()]);
    let expected: Vec<String> = expected.into_iter().collect();
    let list = |names: &[&str]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let (stays, beside) = (list(STAYS), list(BESIDE));
    change(
        &settings,
        &format!(
            "DO $$ BEGIN ASSERT (SELECT string_agg(name, ',' ORDER BY name COLLATE \"C\") FROM (
                 SELECT table_name || '.' || column_name AS name FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name NOT IN ({stays})) AS c WHERE name NOT IN ({beside}))
             = '{}'; END $$",
            expected.join(",")
        ),
    );
}
