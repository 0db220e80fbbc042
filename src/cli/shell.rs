//! `completions` and `man`: what a shell and a reader of manuals need. Neither reads the configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::out;

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
    pub(super) fn run(self, cli: Command) -> Result<ExitCode, Failure> {
        let Some(folder) = self.folder else {
            let mut bytes = Vec::new();
            clap_mangen::Man::new(cli).render(&mut bytes).map_err(anyhow::Error::from)?;
            return print(bytes);
        };
        write_pages(cli, &folder)?;
        out::line(&format!("Wrote the manual to {0}: man -l {0}/{NAME}.1", folder.display()));
        Ok(ExitCode::SUCCESS)
    }
}

fn write_pages(cli: Command, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    clap_mangen::generate_to(cli, folder).with_context(|| format!("cannot write to {}", folder.display()))
}

fn print(bytes: Vec<u8>) -> Result<ExitCode, Failure> {
    let text = String::from_utf8(bytes).map_err(anyhow::Error::from)?;
    out::line(text.trim_end());
    Ok(ExitCode::SUCCESS)
}
