//! `subscribers erase`: removes a person for good.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::super::failure::Failure;
use super::super::{Context, out};
use crate::domain::address::Address;
use crate::service::{ServiceError, open};

#[derive(Debug, Args)]
pub(in crate::cli) struct Erase {
    /// The mailbox to forget
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Erase {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let address = &self.address;
        if !self.yes && !self.agreed()? {
            out::note("Nothing was erased.");
            return Ok(ExitCode::FAILURE);
        }
        // A person's wish works whatever else is wrong: a changed anchor is no reason to keep somebody.
        let (store, _) = open::bare_store(&config)?;
        let Some(erased) = store.erase(address, context.clock.now()).await? else {
            return Err(
                ServiceError::Refused(format!("nothing is known of {address}, so there is nothing to erase")).into()
            );
        };
        let line = config.line_of_address(address);
        if self.json {
            out::json(&json!({
                "mailbox": erased.mailbox, "name": erased.name, "gone_from_disk": erased.is_gone_from_disk,
                "named_in_config": line,
            }));
        } else {
            let name = if erased.name { ", and the name of its subscriber, who had no other" } else { "" };
            out::line(&format!("Erased {address}{name}. It is never mailed again: a keyed hash of it stays for that."));
            out::line("Counts of what was sent stay; nothing in them says to whom.");
        }
        if let Some(line) = line {
            out::note(&format!("{}:{line} still names it: remove it there.", config.file.display()));
        }
        if !erased.is_gone_from_disk {
            out::note(
                "Another program is reading the store: the journal beside it may hold the address until that has finished. \
                 Run the command again in a minute.",
            );
        }
        out::note(
            "What this program cannot reach: older backups, the relay's logs, the bounce Maildir, printed copies.",
        );
        Ok(ExitCode::SUCCESS)
    }

    fn agreed(&self) -> Result<bool, Failure> {
        out::ask(&format!("Erase {} for good? This cannot be undone.", self.address)).ok_or_else(|| {
            Failure::Usage(format!("to erase {} for good, say so with --yes: it cannot be undone", self.address))
        })
    }
}
