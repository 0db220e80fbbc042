//! `templates`: an organisation's templates beside the shipped ones.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::template_update::{Step, TemplateUpdate};
use crate::domain::shipped::Standing;
use crate::domain::text::suggest::nearest;
use crate::messages::templates as words;

#[derive(Debug, Subcommand)]
pub(super) enum Templates {
    /// Show for every template whether you changed it and whether the shipped one is newer, and what is new
    Diff(Diff),
    /// Bring up to date what you did not change
    ///
    /// A template that you changed is never written over: the shipped one is put beside it, with .new at the end of its name.
    Update(Update),
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// Show these alone, such as partials/footer.mjml.hbs, and also what you changed in them
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// Say what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Templates {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let found = TemplateUpdate::of_service(&context.global.config)?;
        match self {
            Self::Diff(diff) => diff.run(&found),
            Self::Update(update) => update.run(&found),
        }
    }
}

const COLUMNS: &[Column] = &[Column::Text("Template"), Column::Note("State")];

impl Diff {
    fn run(self, found: &TemplateUpdate) -> Result<ExitCode, Failure> {
        let shown = self.shown(found)?;
        if self.json {
            let files: Vec<Value> = shown.iter().map(|(file, standing)| row(found, file, *standing)).collect();
            out::json(&json!({ "from": found.base, "newest": found.newest, "files": files }));
            return Ok(ExitCode::SUCCESS);
        }
        out::note(&words::versions(found.base.as_deref(), &found.newest));
        let cells = |(file, standing): &(String, Standing)| {
            let waiting = found.beside(file).map_or_else(String::new, |name| format!("; {name} lies beside it"));
            vec![file.clone(), format!("{}{waiting}", words::standing(*standing))]
        };
        out::table(COLUMNS, shown.iter().map(cells).collect());
        for (file, standing) in &shown {
            let is_news = matches!(standing, Standing::New | Standing::Both | Standing::Added);
            let is_asked = !self.files.is_empty() && *standing != Standing::Own;
            let difference = if is_news || is_asked { found.difference(file) } else { String::new() };
            if !difference.is_empty() {
                out::raw("");
                out::raw(difference.trim_end_matches('\n'));
            }
        }
        if !found.steps().is_empty() {
            out::note("`fortnightly templates update` brings up to date what you didn't change.");
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The files that are asked for, or all.
    fn shown(&self, found: &TemplateUpdate) -> Result<Vec<(String, Standing)>, Failure> {
        if self.files.is_empty() {
            return Ok(found.files.clone());
        }
        let one = |name: &String| {
            let file = name.strip_prefix("./").unwrap_or(name);
            let file = file.strip_prefix("templates/").unwrap_or(file);
            found.standing(file).map(|standing| (file.to_owned(), standing)).ok_or_else(|| {
                let known = nearest(file, found.files.iter().map(|(name, _)| name.as_str()));
                let hint = known.map_or_else(String::new, |near| format!(": did you mean {near}?"));
                Failure::Usage(format!("there is no template {file}, neither yours nor a shipped one{hint}"))
            })
        };
        self.files.iter().map(one).collect()
    }
}

fn row(found: &TemplateUpdate, file: &str, standing: Standing) -> Value {
    json!({ "file": file, "state": standing.as_str(), "beside": found.beside(file) })
}

impl Update {
    fn run(self, found: &TemplateUpdate) -> Result<ExitCode, Failure> {
        let (steps, is_blocked) = (found.steps(), found.is_blocked());
        let is_done = !self.dry_run && !is_blocked;
        if is_done {
            found.carry_out()?;
        }
        if self.json {
            out::json(&json!({
                "from": found.base, "newest": found.newest, "dry_run": self.dry_run, "done": is_done,
                "files": steps.iter().map(|(file, step)| done(file, step)).collect::<Vec<_>>(),
            }));
        } else {
            out::note(&words::versions(found.base.as_deref(), &found.newest));
            for (file, step) in &steps {
                out::line(&words::step(file, step, is_done));
            }
            match (steps.is_empty(), is_done) {
                (true, _) => out::line("There is nothing new to take over."),
                (false, false) => out::note("Nothing was written."),
                (false, true) => out::note("`fortnightly check` tries the templates out."),
            }
        }
        Ok(if is_blocked { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn done(file: &str, step: &Step) -> Value {
    let (what, beside) = match step {
        Step::TakeOver => ("taken-over", None),
        Step::PutBeside(name) => ("put-beside", Some(name)),
        Step::PutBack(_) => ("put-back", None),
        Step::InTheWay(name) => ("in-the-way", Some(name)),
    };
    json!({ "file": file, "did": what, "beside": beside })
}
