//! A page of steps as one statement: the domain decides by what this process remembers of its items, and the database writes that
//! if it has them so, too. Whatever is not as it is remembered, or takes more than that, is left to [`super::record`], which
//! reads it first.

use std::time::{Duration, Instant};

use tokio_postgres::Row;

use super::super::epoch::read_epoch;
use super::changes::{Attempts, Items, few};
use super::memory::Remembered;
use super::record::{Page, Taken, decides_about_the_list, items_of};
use super::replies;
use crate::domain::delivery::{DeliveryState, ItemId, Mailing, TransactionalId};
use crate::domain::edition::EditionState;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::schema;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::traced::{Ended, Facts, Traced};
use crate::store::shared::items::{key, spared};
use crate::store::{Epoch, Step, StoreError};

/// The statement; its row says how long the lease lasts, how far the database has come, and which word was there before ours.
const WRITE: &str = "SELECT lease, database, list, editions, word_before
    FROM write_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                    $24, $25, $26, $27, $28, $29, $30, $31, $32)";

/// Takes every step, as [`super::record::take_steps`] does, if that can be done at once. Nothing is done otherwise.
pub(super) async fn take_steps(store: &PostgresStore, steps: &[Step]) -> Result<Option<Taken>, StoreError> {
    let Some(me) = store.lease.number() else { return Ok(None) };
    let Some(draft) = Draft::of(store, me, steps) else { return Ok(None) };
    let at = |error: PostgresError| error.at(&store.place);
    let Some(traced) = Traced::new(&store.source).map_err(at)? else { return Ok(None) };
    let asked = Instant::now();
    let wanted_as_of = draft.wanted_as_of;
    let (page, marks, ended) = draft.write(store, me, traced).await.map_err(at)?;
    let (lease_until, epoch) = match ended {
        Ended::Answered((left, epoch), is_set_back) => {
            // Nothing leaves until it is held, and whoever comes next tries that again.
            if is_set_back && let Err(error) = store.hold_after_loss().await {
                tracing::warn!("{error}");
            }
            (asked + left, epoch)
        }
        // It is not known how long the lease lasts: what was marked is put back.
        Ended::DoneUnanswered => (asked, wanted_as_of),
        // Whatever it is, it is met again where it can be dealt with.
        Ended::NotDone => return Ok(None),
    };
    Ok(Some(page.end(&marks, lease_until, epoch)))
}

/// What is to be written, and what it is written over.
struct Draft {
    page: Page,
    marks: Vec<Option<ItemId>>,
    replies: Vec<replies::Stored>,
    /// The items as they are remembered, in columns, in the order of their keys.
    states: Vec<DeliveryState>,
    attempts: Vec<i32>,
    repeated: Vec<bool>,
    /// How far the database had come at least when each of them was seen to be wanted.
    wanted_as_of: Epoch,
}

impl Draft {
    fn of(store: &PostgresStore, me: i64, steps: &[Step]) -> Option<Self> {
        let is_no_attempt = |step: &Step| step.result.as_ref().is_some_and(|result| !result.outcome.is_attempt());
        if steps.iter().any(|step| decides_about_the_list(step) || is_no_attempt(step)) {
            return None;
        }
        let items = store.memory.all(items_of(steps))?;
        if items.values().any(|item| item.claim != me) {
            return None;
        }
        let wanted_as_of = items.values().map(|item| item.wanted_as_of).reduce(Epoch::lower)?;
        let mut were: Vec<((i64, i64), &Remembered)> =
            items.iter().filter_map(|(id, item)| Some((key(*id).ok()?, item))).collect();
        were.sort_unstable_by_key(|(key, _)| *key);
        let columns = |(_, item): &(_, &Remembered)| (item.item.state, few(item.item.attempts), item.item.repeated);
        let (states, attempts, repeated) = were.iter().map(columns).collect::<(Vec<_>, Vec<_>, Vec<_>)>();
        let mut page = Page::remembered(&items, wanted_as_of);
        for step in steps {
            page.take(step).ok()?;
        }
        let replies = store.words.of(page.changes().tried(), store.source.losses())?;
        let marks = steps.iter().map(|step| step.mark).collect();
        (!page.changes().settles_texts()).then_some(Self {
            page,
            marks,
            replies,
            states,
            attempts,
            repeated,
            wanted_as_of,
        })
    }

    async fn write(
        self,
        store: &PostgresStore,
        me: i64,
        traced: Traced<'_>,
    ) -> Result<(Page, Vec<Option<ItemId>>, Ended<(Duration, Epoch)>), PostgresError> {
        let Self { page, marks, replies, states: were, attempts: had, repeated: were_repeated, wanted_as_of } = self;
        let Items { mailings, recipients, states, attempts, times, repeated, in_hand } = page.changes().items();
        let Attempts { mailings: tried_of, recipients: tried, numbers, ended, kinds, codes, own, words } =
            page.changes().attempts(replies);
        let ((editions, more), (quarters, arrived)) = (page.changes().accepted(), page.changes().handed_over());
        let (schema, (row, word)) = (schema::known(), traced.key());
        let (spared, sending) = (spared(Mailing::Transactional(TransactionalId(0))), EditionState::Sending.as_str());
        let known = store.source.known().highest().unwrap_or(Epoch { list: 0, editions: 0, ..wanted_as_of });
        let values = params![
            schema,
            wanted_as_of.list,
            wanted_as_of.editions,
            known.list,
            known.editions,
            row,
            word,
            me,
            spared,
            sending,
            mailings,
            recipients,
            were,
            had,
            were_repeated,
            states,
            attempts,
            times,
            repeated,
            in_hand,
            tried_of,
            tried,
            numbers,
            ended,
            kinds,
            codes,
            own,
            words,
            editions,
            more,
            quarters,
            arrived
        ];
        let ended = traced.run(WRITE, values, read).await?;
        Ok((page, marks, ended))
    }
}

/// How long the lease lasts, and how far the database has come.
fn read(row: &Row) -> Result<((Duration, Epoch), Facts), PostgresError> {
    let left = Duration::from_millis(sql::count(row.try_get(0)?));
    let epoch = read_epoch(row, 1)?;
    Ok(((left, epoch), Facts { epoch, word_before: row.try_get(4)? }))
}
