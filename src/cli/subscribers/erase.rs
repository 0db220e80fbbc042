//! `subscribers erase`: removes what is held about a person, and says what stays.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::failure::Failure;
use crate::app::privacy::{EraseResult, Erased, Privacy};
use crate::app::{bootstrap, leftovers, own_files};
use crate::cli::context::Context;
use crate::cli::out;
use crate::config::{Config, StoreUrl, TransportUrl};
use crate::domain::address::Address;

#[derive(Debug, Args)]
pub(in crate::cli) struct Erase {
    /// The mailbox of the person
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Do not ask at a terminal
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Erase {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        // What would be removed is found out by removing it from a copy.
        let copy = bootstrap::open_copy_undated(config.clone(), context.clock).await?;
        let would_be = Privacy::new(&copy).erase(&self.address).await?;
        // On a shared store others wait for what it has changed.
        drop(copy);
        match would_be {
            EraseResult::Unknown => return Err(self.unknown(&config)),
            EraseResult::Done(erased) if !self.yes => {
                out::note(&format!("Erasing {} removes for good:", self.address));
                for line in removed(erased) {
                    out::note(&format!("  {line}"));
                }
                if self.dry_run {
                    return Ok(ExitCode::SUCCESS);
                }
                // In a script nobody is asked: the command itself says what is meant.
                if out::ask("Erase?") == Some(false) {
                    out::note("Nothing was erased.");
                    return Ok(ExitCode::FAILURE);
                }
            }
            EraseResult::Before if self.dry_run => {
                out::note("It was erased before; nothing is left to remove.");
                return Ok(ExitCode::SUCCESS);
            }
            EraseResult::Before | EraseResult::Done(_) => {}
        }
        // Erasing works whatever the schedule says.
        let privacy = Privacy::new(&bootstrap::open_undated(config.clone(), context.clock).await?);
        let erased = privacy.erase(&self.address).await?;
        let clean = privacy.scrub(&self.address).await?;
        self.tell(&config, erased, clean);
        Ok(ExitCode::SUCCESS)
    }

    fn unknown(&self, config: &Config) -> Failure {
        let hint = still_named(config, &self.address).map_or_else(String::new, |line| format!(". {line}"));
        Failure::Refused(format!("nothing is known of {}, so there is nothing to erase{hint}", self.address))
    }

    fn tell(&self, config: &Config, result: EraseResult, clean: bool) {
        let by_hand = by_hand(config);
        let line = config.line_of_address(&self.address);
        let before = !matches!(result, EraseResult::Done(_));
        let erased = if let EraseResult::Done(erased) = result { erased } else { Erased::default() };
        if self.json {
            out::json(&json!({
                "mailbox": erased.mailbox.is_some(),
                "name": erased.names > 0,
                "gone_from_disk": clean,
                "named_in_config": line,
                "before": before,
                "removed": erased,
                "stays": STAYS,
                "by_hand": by_hand,
            }));
        } else {
            self.tell_people(before, erased, clean, &by_hand);
        }
        if let Some(line) = still_named(config, &self.address) {
            out::note(&format!("{line}."));
        }
    }

    fn tell_people(&self, before: bool, erased: Erased, clean: bool, by_hand: &[String]) {
        if before {
            out::line(&format!("{} was erased before.", self.address));
        } else {
            out::line(&format!("Erased {}:", self.address));
            for line in removed(erased) {
                out::line(&format!("  {line}"));
            }
        }
        out::line(&format!("It is never mailed again. What stays: {STAYS}"));
        if !clean {
            out::line(
                "Other programs were at work on the store, so old pages of it are still in its files. A running daemon \
                 removes them once nobody reads it and no edition is being sent; or run this command again.",
            );
        }
        out::line("What only you can remove:");
        for line in by_hand {
            out::line(&format!("  {line}"));
        }
    }
}

const STAYS: &str = "a keyed hash, which tells that this address is never to be mailed, and cannot be turned back into it; and \
                     how many mails there were, without whose they were.";

fn removed(erased: Erased) -> Vec<String> {
    let mut lines = vec!["the address".to_owned()];
    let counted = [
        (erased.subscriptions, "subscription, which ends", "subscriptions, which end"),
        (erased.replies, "reply of the mail server", "replies of the mail server"),
        (erased.requests, "request that waited for a click", "requests that waited for a click"),
        (erased.letters, "letter's text", "letters' texts"),
        (
            erased.names,
            "name of a subscriber that had no other mailbox",
            "names of subscribers that had no other mailbox",
        ),
    ];
    lines.extend(counted.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| out::count(n, one, many)));
    lines
}

/// The places that this program does not clean.
fn by_hand(config: &Config) -> Vec<String> {
    let mut lines = vec!["backups that were made before, and lists that were imported or exported".to_owned()];
    lines.push(
        "what a killed backup or export left beside its file: its name begins with .fortnightly- and ends with .tmp; the next \
         one into the same folder removes it"
            .to_owned(),
    );
    let is_left = |file: &PathBuf| format!("{}: a copy that is being made, or could not be removed", file.display());
    lines.extend(leftovers::remaining(config).iter().map(is_left));
    match &config.store {
        StoreUrl::Sqlite(store) => {
            let is_aside = |file: &PathBuf| format!("{}: a store that a restore put aside", file.display());
            lines.extend(own_files::put_aside(store).iter().map(is_aside));
        }
        StoreUrl::Postgres(_) => lines.push(
            "the database's own backups, its archive of write-ahead logs, and pages of its files that it has not used again \
             yet"
                .to_owned(),
        ),
    }
    match &config.mail.transport {
        TransportUrl::Maildir(folder) => lines.push(format!("{}: the mails that were written there", folder.display())),
        TransportUrl::Smtp(_) => lines.push("the relay's logs and queue".to_owned()),
    }
    if let Some(folder) = &config.mail.bounce_maildir {
        lines.push(format!("{}: bounces and replies that came in", folder.display()));
    }
    lines
}

fn still_named(config: &Config, address: &Address) -> Option<String> {
    let line = config.line_of_address(address)?;
    Some(format!("{}:{line} still names it: remove it there", config.file.display()))
}
