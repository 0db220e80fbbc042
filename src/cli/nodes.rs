//! `nodes`: which processes share the store.

use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::bootstrap;
use crate::app::nodes::{NodeJson, nodes};
use crate::config::StoreUrl;

#[derive(Debug, Args)]
pub(super) struct Nodes {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column<'_>] = &[
    Column::Text("Node"),
    Column::Text("Role"),
    Column::Text("Version"),
    Column::Text("Since"),
    Column::Text("Last sign of life"),
    Column::Number("In hand"),
    Column::Note(""),
];

impl Nodes {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let is_shared = matches!(config.store, StoreUrl::Postgres(_));
        let nodes = nodes(&bootstrap::open_copy_undated(config, context.clock).await?).await?;
        if self.json {
            out::json(&nodes);
        } else if !nodes.is_empty() {
            out::table(COLUMNS, nodes.iter().map(cells).collect());
        } else if is_shared {
            out::line("No process is at work on the store.");
        } else {
            out::line("The store is a file: only processes on this machine work on it, and none is a node.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(node: &NodeJson) -> Vec<String> {
    let moment = |at: &chrono::DateTime<chrono::FixedOffset>| at.format("%a %-d %b %Y %H:%M:%S").to_string();
    vec![
        node.name.clone(),
        node.role.clone(),
        node.version.clone(),
        moment(&node.started_at),
        moment(&node.seen_at),
        node.in_hand.to_string(),
        if node.gone { "gone: the others take up what it has in hand" } else { "" }.to_owned(),
    ]
}
