//! Figures of editions and bulletins that are being sent, read once for all who look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::mailing;
use super::parts::ConsoleParts;
use crate::app::AppError;
use crate::domain::delivery::Tally;
use crate::domain::edition::EditionState;
use crate::domain::text::lists::grouped;

/// How often the figures are looked at, however many people look.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// Figures by their names, such as `7.accepted`; which editions and bulletins there are is told by the names.
pub(super) type Figures = BTreeMap<String, String>;

/// The figures of a moment ago, so that ten pages cost as much as one.
#[derive(Default)]
pub(super) struct Live(Mutex<Option<(Instant, Arc<Figures>)>>);

impl Live {
    pub(super) async fn figures(&self, parts: &ConsoleParts) -> Result<Arc<Figures>, AppError> {
        let mut kept = self.0.lock().await;
        if let Some((made, figures)) = kept.as_ref()
            && made.elapsed() < PAUSE / 2
        {
            return Ok(Arc::clone(figures));
        }
        let figures = Arc::new(read(parts).await?);
        *kept = Some((Instant::now(), Arc::clone(&figures)));
        Ok(figures)
    }
}

async fn read(parts: &ConsoleParts) -> Result<Figures, AppError> {
    let mut figures = Figures::new();
    let editions = parts.reporter().editions().await?;
    let editions = editions.into_iter().filter(|edition| edition.state == EditionState::Sending);
    for number in editions.map(|edition| edition.number).chain(parts.bulletins().being_sent().await?) {
        let key = mailing::key(&parts.deliveries().name_of(number).await?);
        figures.extend(named(&key, &parts.reporter().tally(number).await?));
    }
    Ok(figures)
}

/// The figures of one edition or bulletin, by name. A page that shows them marks the places with these names (`data-figure`).
fn named(key: &str, tally: &Tally) -> impl Iterator<Item = (String, String)> {
    let waiting = tally.waiting();
    let figures = [("settled", tally.total - waiting), ("waiting", waiting)].into_iter().chain(tally.by_state());
    figures.map(move |(name, figure)| (format!("{key}.{name}"), grouped(figure)))
}
