//! Where the mails of an edition or of a bulletin stand, and what kept the others.

use serde::Serialize;

use super::chart::ChartView;
use super::failures::FailuresView;
use crate::app::AppError;
use crate::app::edition_report::{EditionReport, Standing};
use crate::domain::bulletin::MailingName;
use crate::domain::edition::EditionNumber;
use crate::web::console::caller::Caller;
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

/// Where its mails stand.
#[derive(Debug, Serialize)]
pub(in crate::web::console) struct MailsView {
    total: u64,
    settled: u64,
    figures: Vec<Figure>,
    chart: Option<ChartView>,
    failures: Vec<FailuresView>,
    list_url: String,
    /// Stands for it in the names of figures.
    key: String,
}

#[derive(Debug, Serialize)]
struct Figure {
    label: &'static str,
    mails: u64,
    /// The name by which it is kept up to date.
    name: String,
    url: String,
}

/// What is sent under one number.
pub(in crate::web::console) struct Mailing<'a> {
    pub(in crate::web::console) number: EditionNumber,
    pub(in crate::web::console) name: &'a MailingName,
    pub(in crate::web::console) standing: &'a Standing,
    pub(in crate::web::console) is_moving: bool,
}

impl MailsView {
    pub(in crate::web::console) async fn read(
        console: &Console,
        (parts, caller): (&ConsoleParts, &Caller),
        report: &EditionReport,
        Mailing { number, name: mailing_name, standing, is_moving }: Mailing<'_>,
    ) -> Result<Self, AppError> {
        let figures = console.kept().figures(number, report, standing, is_moving).await?;
        let tally = &standing.tally;
        let list = |state: &str| caller.link(&mailing::deliveries(mailing_name, state, &[]));
        let key = mailing::key(mailing_name);
        let figure = |label, mails, name: &str| Figure { label, mails, name: format!("{key}.{name}"), url: list(name) };
        let all = [
            figure("Accepted", tally.accepted, "accepted"),
            figure("Waiting", tally.queued, "queued"),
            figure("Being sent", tally.sending, "sending"),
            figure("To be tried again", tally.deferred, "deferred"),
            figure("Uncertain", tally.uncertain, "uncertain"),
            figure("Refused", tally.failed, "failed"),
            figure("Given up", tally.expired, "expired"),
            figure("Taken off the list", tally.suppressed, "suppressed"),
            figure("Came back", standing.bounced, "bounced"),
        ];
        // Those that move while someone looks are there from the beginning.
        let moving = ["Waiting", "Being sent", "To be tried again", "Uncertain", "Refused"];
        let is_always_shown =
            |figure: &Figure| figure.label == "Accepted" || (is_moving && moving.contains(&figure.label));
        let failures = [(&figures.failures, "trouble"), (&figures.returned, "bounced")];
        Ok(Self {
            total: tally.total,
            settled: tally.total - tally.queued - tally.sending - tally.deferred,
            figures: all.into_iter().filter(|figure| figure.mails > 0 || is_always_shown(figure)).collect(),
            chart: figures.timeline.as_ref().map(|timeline| ChartView::new(&parts.context, timeline)),
            failures: failures
                .iter()
                .filter_map(|(of, state)| FailuresView::new(caller, mailing_name, of, state))
                .collect(),
            list_url: list("all"),
            key,
        })
    }
}
