//! `backup FILE` and `restore FILE`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::AppContext;
use crate::app::restored::RestoredStore;
use crate::app::{backup, bootstrap, key_backup};
use crate::config::{Config, StoreUrl};
use crate::domain::text::dates::local_moment;
use crate::messages;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write, with store and keys in it
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(super) async fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if self.file.as_os_str() == "-" {
            let why = "a backup is not written to standard output: name a file, such as copy.db";
            return Err(Failure::Refused(why.to_owned()));
        }
        let config = context.config()?;
        if let StoreUrl::Postgres(url) = &config.store {
            key_backup::back_up(&config, &self.file, self.force, context.clock).await?;
            out::line(&messages::backup::keys_backed_up(&self.file, url));
            return Ok(ExitCode::SUCCESS);
        }
        backup::back_up(&config, &self.file, self.force, context.clock.now())?;
        out::line(&format!("Backed up the store and its key file to {}.", self.file.display()));
        out::line(
            "Keep it as safe as the store: it holds addresses and keys. Config, activities, templates and the files of \
             secrets are not in it.",
        );
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `fortnightly backup` wrote
    file: PathBuf,
}

impl Restore {
    pub(super) async fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        if let StoreUrl::Postgres(url) = &config.store {
            let aside = key_backup::restore(&config, &self.file, context.clock.now())?;
            out::line(&messages::backup::keys_restored(aside.as_deref(), url));
            return tell_of_database(context, config).await;
        }
        let restored = backup::restore(&config, &self.file, context.clock.now())?;
        let app = bootstrap::open(config, context.clock).await?;
        out::line(&format!("Restored the backup of {}.", local_moment(&app.local(restored.made))));
        for aside in &restored.aside {
            out::line(&format!("  What was there before is kept in {}.", aside.display()));
        }
        tell_what_is_unknown(&app).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn tell_what_is_unknown(app: &AppContext) -> Result<(), Failure> {
    let loaded = bootstrap::loaded(&app.config);
    let library = loaded.content().map_or(&[][..], |content| &content.library.bulletins);
    for one in RestoredStore::new(app).attention(library).await? {
        out::line(&format!("  {}", messages::attention::restored(&one)));
    }
    Ok(())
}

/// What the database is like with these keys. It may not be there yet.
async fn tell_of_database(context: &Context, config: Config) -> Result<ExitCode, Failure> {
    match bootstrap::open_copy_undated(config, context.clock).await {
        Ok(app) => tell_what_is_unknown(&app).await?,
        Err(error) => out::note(&messages::errors::error(&error)),
    }
    Ok(ExitCode::SUCCESS)
}
