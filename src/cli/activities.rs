//! `activities new`: a new activity file from a skeleton.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::activities::new_activity;

#[derive(Debug, Subcommand)]
pub(super) enum Activities {
    /// Write the skeleton of an activity into a theme's folder; it stays out of every edition until it is written
    New(New),
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// The folder of the theme, such as kindness
    theme: String,
    /// The band that it is for, such as 8-10
    band: String,
    /// Its title, from which the file gets its name
    #[arg(long, value_name = "T")]
    title: Option<String>,
}

impl Activities {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::New(new) => new.run(context),
        }
    }
}

impl New {
    fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let today = context.clock.now().with_timezone(&config.schedule.timezone).date_naive();
        let path = new_activity(&config, &self.theme, &self.band, self.title.as_deref(), today)?;
        out::line(&path.display().to_string());
        out::note("It is a draft, and left out of every edition until each “[Write here: …]” in it is replaced.");
        let rename = if self.title.is_none() { "Give the file the name that its page shall have. " } else { "" };
        out::note(&format!("{rename}`fortnightly check` says what is left to do."));
        Ok(ExitCode::SUCCESS)
    }
}
