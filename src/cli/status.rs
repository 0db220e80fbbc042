//! `status`: where everything stands.

use std::cmp::Reverse;
use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::listing::{JsonList, TableList};
use super::out;
use super::table::Column;
use crate::app::attention::Attention;
use crate::app::bulletins::BulletinStatus;
use crate::app::reporter::{self, EditionStatus, Reporter};
use crate::app::{AppError, bootstrap};
use crate::config::Config;
use crate::domain::audit::AuditRecord;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::text::dates::local_moment;
use crate::messages;
use crate::messages::attention::{attention, needs_approval};

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Only this edition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    /// Also show who decided what, and when, the oldest first; with --edition, about that edition, its activities and its waves
    /// of bounces alone
    #[arg(long)]
    audit: bool,
    /// Show every edition, not only the last ones that are over and the next ones
    #[arg(long)]
    all: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let loaded = bootstrap::loaded(&config);
        let app = bootstrap::open_copy(config, context.clock).await?;
        let reporter = Reporter::new(&app, loaded);
        let status = reporter.status(self.edition.map(EditionNumber)).await?;
        if let (Some(number), true) = (self.edition, status.editions.is_empty()) {
            return Err(AppError::NoEdition(EditionNumber(number)).into());
        }
        let value = || -> Result<serde_json::Value, Failure> {
            let mut value = serde_json::to_value(&status).map_err(anyhow::Error::from)?;
            value["attention"] = status.attention.iter().map(attention).collect();
            Ok(value)
        };
        match (self.json, self.audit) {
            (true, true) => self.audit_json(&reporter, value()?).await?,
            (true, false) => out::json(&value()?),
            (false, audit) => {
                show(&status, self.edition.map(EditionNumber), self.all, app.config.subscribers.len() as u64);
                if audit {
                    self.audit_table(&reporter, &app.config).await?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The answer with the audit in its place.
    async fn audit_json(&self, reporter: &Reporter, mut value: serde_json::Value) -> Result<(), Failure> {
        value["audit"] = serde_json::json!([]);
        let text = serde_json::to_string_pretty(&value).map_err(anyhow::Error::from)?;
        // Quotation marks within a string of JSON are escaped, so this can only be the key.
        let (before, after) = text.split_once("\"audit\": []").unwrap_or((&text, ""));
        let mut list = JsonList::within(&format!("{before}\"audit\": "), "    ");
        self.each_decision(reporter, |record| list.add(&serde_json::json!(record))).await?;
        list.end(after);
        Ok(())
    }

    async fn audit_table(&self, reporter: &Reporter, config: &Config) -> Result<(), Failure> {
        out::line("");
        let mut table = TableList::new(AUDIT);
        self.each_decision(reporter, |AuditRecord { at, actor, action, subject, detail, by }| {
            let at = if out::is_watched() { out::moment(at, config) } else { at.to_rfc3339() };
            table.add(vec![at, by.unwrap_or(actor), action, subject, detail])
        })
        .await?;
        table.end("Nothing has been decided yet.");
        Ok(())
    }

    async fn each_decision(
        &self,
        reporter: &Reporter,
        mut take: impl FnMut(AuditRecord) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let in_words = |record: AuditRecord| AuditRecord {
            detail: messages::audit::detail(&record.action, &record.subject, &record.detail),
            ..record
        };
        let edition = self.edition.map(EditionNumber);
        reporter.each_decision(edition, |page| page.into_iter().map(in_words).try_for_each(&mut take)).await
    }
}

/// How many editions that are over are shown, unless all are asked for.
const OVER: usize = 6;

/// How many editions to come are shown.
const AHEAD: usize = 3;

const AUDIT: &[Column<'_>] =
    &[Column::Text("When"), Column::Text("Who"), Column::Text("What"), Column::Text("About"), Column::Note("Detail")];

const COLUMNS: &[Column<'_>] = &[
    Column::Number("Edition"),
    Column::Text("State"),
    Column::Text("Due"),
    Column::Number("Mails"),
    Column::Number("Accepted"),
    Column::Number("Bounced"),
    Column::Number("Waiting"),
    Column::Number("Other"),
    Column::Note("Note"),
];

const BULLETINS: &[Column<'_>] = &[
    Column::Text("Bulletin"),
    Column::Text("State"),
    Column::Number("Mails"),
    Column::Number("Accepted"),
    Column::Number("Waiting"),
    Column::Number("Other"),
    Column::Note("Note"),
];

/// Those that are not over, and the last of those that are; every one when `all`.
fn bulletins(bulletins: &[BulletinStatus], all: bool) -> Vec<&BulletinStatus> {
    let is_over = |bulletin: &&BulletinStatus| matches!(bulletin.state, EditionState::Sent | EditionState::Withdrawn);
    let mut over: Vec<_> = bulletins.iter().filter(is_over).map(|bulletin| bulletin.sent_at).collect();
    over.sort_by_key(|at| Reverse(*at));
    let oldest = over.get(OVER - 1).copied().flatten();
    bulletins.iter().filter(|bulletin| all || !is_over(bulletin) || bulletin.sent_at >= oldest).collect()
}

fn of_bulletin(bulletin: &BulletinStatus) -> Vec<String> {
    let Tally { total, accepted, uncertain, failed, expired, suppressed, .. } = bulletin.deliveries;
    vec![
        bulletin.name.to_string(),
        bulletin.state.to_string(),
        total.to_string(),
        accepted.to_string(),
        bulletin.deliveries.waiting().to_string(),
        (uncertain + failed + expired + suppressed).to_string(),
        messages::bulletins::note(bulletin),
    ]
}

/// What needs a person, editions, subscribers and what comes next. The config names `named` subscribers.
fn show(status: &reporter::Status, only: Option<EditionNumber>, all: bool, named: u64) {
    tell_attention(status, only);
    let shown: Vec<&EditionStatus> = shown(status, all || only.is_some());
    out::table(COLUMNS, shown.iter().map(|row| cells(row)).collect());
    if shown.len() < status.editions.len() {
        let left = out::count((status.editions.len() - shown.len()) as u64, "edition is", "editions are");
        out::line(&format!("{left} not shown: `fortnightly status --all` shows every one."));
    }
    if only.is_none() && !status.bulletins.is_empty() {
        let shown: Vec<&BulletinStatus> = bulletins(&status.bulletins, all);
        out::table(BULLETINS, shown.iter().map(|bulletin| of_bulletin(bulletin)).collect());
        if shown.len() < status.bulletins.len() {
            let left = out::count((status.bulletins.len() - shown.len()) as u64, "bulletin is", "bulletins are");
            out::line(&format!("{left} not shown: `fortnightly status --all` shows every one."));
        }
    }
    let counts = status.subscribers;
    out::line(&format!(
        "Subscribers: {} active, {} pending, {} ended. Suppressed addresses: {}.",
        counts.active, counts.pending, counts.ended, status.suppressions
    ));
    if counts.active + counts.pending + counts.ended == 0 && named > 0 {
        let entries = out::count(named, "subscriber", "subscribers");
        out::line(&format!(
            "The config names {entries}, not read in yet: `fortnightly sync`, `send` and `run` do that."
        ));
    }
    tell_next(status);
    if let Some(came_in) = messages::subscription::came_in(&status.reports) {
        out::line(&came_in);
    }
    if !status.nodes.is_empty() {
        out::line(&messages::nodes::summary(&status.nodes));
    }
}

/// What needs a person comes first; of an edition that was asked for, what it needs.
fn tell_attention(status: &reporter::Status, only: Option<EditionNumber>) {
    let concerns = |one: &&Attention| only.is_none() || one.edition() == only;
    let told: Vec<&Attention> = status.attention.iter().filter(concerns).collect();
    for one in &told {
        out::line(&format!("Needs a person: {}", attention(one)));
    }
    let others = (status.attention.len() - told.len()) as u64;
    if others > 0 {
        let others = out::count(others, "other thing needs", "other things need");
        out::line(&format!("{others} a person: `fortnightly status` shows all."));
    } else if told.is_empty() {
        out::line("Nothing needs a person.");
    }
    out::line("");
}

/// The editions to come of the next weeks and the last ones that are over; every edition when `all`.
fn shown(status: &reporter::Status, all: bool) -> Vec<&EditionStatus> {
    let editions = &status.editions;
    let over = editions.iter().filter(|row| row.is_over).count();
    let mut ahead = 0;
    let mut behind = 0;
    let mut is_shown = |row: &&EditionStatus| {
        if row.is_over {
            behind += 1;
            over - behind < OVER
        } else {
            ahead += 1;
            ahead <= AHEAD
        }
    };
    editions.iter().filter(|row| is_shown(row) || all).collect()
}

fn tell_next(status: &reporter::Status) {
    match (status.next.edition, status.next.due_at) {
        (Some(edition), Some(due_at)) => {
            out::line(&format!("Next: edition {edition} on {} ({}).", local_moment(&due_at), due_at.format("%:z")));
            if status.next_needs_approval {
                let wanted = needs_approval(edition, &due_at);
                out::line(&format!("It is not planned yet. Approval is required: {wanted}."));
            }
        }
        _ => out::line("Next: nothing is planned."),
    }
}

fn cells(row: &EditionStatus) -> Vec<String> {
    let d = row.deliveries;
    vec![
        row.edition.to_string(),
        row.state.to_owned(),
        row.due_at.format("%-d %b %Y %H:%M").to_string(),
        d.total.to_string(),
        d.accepted.to_string(),
        row.bounced.to_string(),
        d.waiting().to_string(),
        (d.uncertain + d.failed + d.expired + d.suppressed).to_string(),
        row.reason.as_ref().map(|reason| messages::edition::state(reason, row.edition)).unwrap_or_default(),
    ]
}
