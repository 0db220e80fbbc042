//! Figures that need a look at all mails of an edition, kept until a mail's state changes: ten people cost as much as one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::app::AppError;
use crate::app::edition_report::{EditionReport, Figures, Standing};
use crate::domain::edition::EditionNumber;
use crate::domain::segment::Segment;

/// While an edition is being sent, its chart is at most so old.
const WHILE_SENDING: Duration = Duration::from_secs(5);

/// How many editions are remembered.
const MOST: usize = 20;

/// For whom an edition was made; none when what they read is no longer kept.
type Addressed = Option<Arc<Vec<Segment>>>;

/// Figures, when they were made, and how the mails stood then.
type Made = (Instant, Standing, Arc<Figures>);

#[derive(Default)]
pub(in crate::web::console) struct KeptReports {
    figures: Mutex<BTreeMap<EditionNumber, Made>>,
    addressed: Mutex<BTreeMap<EditionNumber, Addressed>>,
}

impl KeptReports {
    /// Chart and failures.
    pub(super) async fn figures(
        &self,
        number: EditionNumber,
        report: &EditionReport,
        standing: &Standing,
        is_sending: bool,
    ) -> Result<Arc<Figures>, AppError> {
        let mut kept = self.figures.lock().await;
        if let Some((made, then, figures)) = kept.get(&number)
            && (then == standing || (is_sending && made.elapsed() < WHILE_SENDING))
        {
            return Ok(Arc::clone(figures));
        }
        let figures = Arc::new(report.figures().await?);
        make_room(&mut kept);
        kept.insert(number, (Instant::now(), standing.clone(), Arc::clone(&figures)));
        Ok(figures)
    }

    /// For whom a published edition was made, which doesn't change.
    pub(super) async fn addressed(&self, number: EditionNumber, report: &EditionReport) -> Result<Addressed, AppError> {
        let mut kept = self.addressed.lock().await;
        if let Some(Some(segments)) = kept.get(&number) {
            return Ok(Some(Arc::clone(segments)));
        }
        let segments = report.addressed().await?.map(Arc::new);
        make_room(&mut kept);
        kept.insert(number, segments.clone());
        Ok(segments)
    }
}

fn make_room<T>(kept: &mut BTreeMap<EditionNumber, T>) {
    if kept.len() >= MOST {
        kept.pop_first();
    }
}
