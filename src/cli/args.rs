//! Arguments that several commands share.

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset};
use clap::{Args, ValueEnum};

use crate::domain::edition::EditionNumber;

#[derive(Debug, Args)]
#[command(next_help_heading = "Options for every command")]
pub(super) struct Global {
    /// The configuration; activities/ and templates/ lie beside it
    #[arg(long, global = true, value_name = "FILE", default_value = "config.toml")]
    pub(super) config: PathBuf,
    /// Pretend that it is this moment, such as 2026-11-30T08:00:00Z (never when SMTP would really be spoken)
    #[arg(long, global = true, value_name = "RFC3339", value_parser = moment)]
    pub(super) now: Option<DateTime<FixedOffset>>,
    /// Say more (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

fn moment(text: &str) -> Result<DateTime<FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text).map_err(|_| "write it like 2026-11-30T08:00:00Z (RFC 3339)".to_owned())
}

/// Which edition a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Number(EditionNumber),
    Next,
    Due,
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "next" => Ok(Self::Next),
            "due" => Ok(Self::Due),
            _ => match text.parse::<u32>() {
                Ok(number @ 1..=100_000) => Ok(Self::Number(EditionNumber(number))),
                _ => Err("expected a number from 1, or next, or due".to_owned()),
            },
        }
    }
}
