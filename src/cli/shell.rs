//! `completions` and `man`: what a shell and a reader of manuals need. Neither reads the configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::out;
use crate::app::{AppError, own_files};
use crate::output::{self, Existing};

/// The name under which the program is called.
const NAME: &str = "fortnightly";

#[derive(Debug, Args)]
#[command(after_help = "bash: fortnightly completions bash > ~/.local/share/bash-completion/completions/fortnightly")]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// A folder for one page per command; left out, the main page goes to standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(self, mut cli: Command) -> Result<ExitCode, Failure> {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut cli, NAME, &mut bytes);
        print(bytes)
    }
}

impl Man {
    pub(super) fn run(self, cli: Command, config: &Path) -> Result<ExitCode, Failure> {
        let Some(folder) = self.folder else {
            let mut bytes = Vec::new();
            clap_mangen::Man::new(cli).render(&mut bytes).map_err(anyhow::Error::from)?;
            return print(bytes);
        };
        own_files::spare_library(config, &folder)?;
        write_pages(cli, &folder)?;
        out::line(&format!("Wrote the manual to {0}: man -l {0}/{NAME}.1", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}

fn write_pages(cli: Command, folder: &Path) -> Result<(), Failure> {
    let mut cli = cli.disable_help_subcommand(true);
    cli.build();
    let mut pages = Vec::new();
    add_pages(cli, folder, &mut pages).map_err(anyhow::Error::from)?;
    Ok(output::write_all(&pages, Existing::Goes).map_err(AppError::from)?)
}

/// The page of a command, and those of the commands below it.
fn add_pages(command: Command, folder: &Path, pages: &mut Vec<(PathBuf, Vec<u8>)>) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(below.clone(), folder, pages)?;
    }
    let man = clap_mangen::Man::new(command);
    let mut page = Vec::new();
    man.render(&mut page)?;
    pages.push((folder.join(man.get_filename()), page));
    Ok(())
}

fn print(bytes: Vec<u8>) -> Result<ExitCode, Failure> {
    let text = String::from_utf8(bytes).map_err(anyhow::Error::from)?;
    out::raw(text.trim_end());
    Ok(ExitCode::SUCCESS)
}
