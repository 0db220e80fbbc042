//! `suppressions remove`: one address, or all that were suppressed for a reason since a moment.

use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use clap::Args;

use crate::app::unsubscriber::{LiftResult, Unsubscriber};
use crate::app::waves::Waves;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::{SuppressionReason, WordError};
use crate::messages::subscription::lifting_needs_consent;
use crate::messages::waves;

#[derive(Debug, Args)]
pub(in crate::cli) struct Remove {
    /// The address
    #[arg(required_unless_present = "since", conflicts_with_all = ["since", "reason"])]
    address: Option<Address>,
    /// Every address that was suppressed since then, and what ended with it begins again: a day (2026-11-30), a local time
    /// (2026-11-30T08:00) or an RFC 3339 time
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Since>,
    /// With --since: those that were suppressed for this reason
    #[arg(long, value_name = "REASON", default_value = "bounced", value_parser = reason, requires = "since")]
    reason: SuppressionReason,
    /// Also when its reader left or complained
    #[arg(long)]
    yes: bool,
}

/// A reason, also as the noun: `bounce`, `complaint`.
pub(super) fn reason(text: &str) -> Result<SuppressionReason, String> {
    match text {
        "bounce" => Ok(SuppressionReason::Bounced),
        "complaint" => Ok(SuppressionReason::Complained),
        "unsubscribe" => Ok(SuppressionReason::Unsubscribed),
        text => text.parse().map_err(|error: WordError| error.to_string()),
    }
}

/// A moment as someone types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Instant(DateTime<Utc>),
    /// In the time zone of the schedule.
    Local(NaiveDateTime),
}

fn since(text: &str) -> Result<Since, String> {
    let instant = DateTime::parse_from_rfc3339(text).map(|at| Since::Instant(at.to_utc()));
    let day = || text.parse::<NaiveDate>().map(|day| Since::Local(day.and_time(NaiveTime::MIN)));
    let local = |form| NaiveDateTime::parse_from_str(text, form).map(Since::Local);
    let local = || local("%Y-%m-%dT%H:%M").or_else(|_| local("%Y-%m-%d %H:%M"));
    let wrong =
        |_| "expected a day such as 2026-11-30, or a time such as 2026-11-30T08:00 or 2026-11-30T08:00:00Z".to_owned();
    instant.or_else(|_| day()).or_else(|_| local()).map_err(wrong)
}

impl Since {
    /// The moment; one that the clock skips in spring is the one an hour earlier.
    fn instant(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::Local(at) => {
                let earliest = |at: &NaiveDateTime| zone.from_local_datetime(at).earliest();
                let found = earliest(&at).or_else(|| earliest(&(at - TimeDelta::hours(1))));
                found.map_or_else(|| at.and_utc(), |at| at.to_utc())
            }
        }
    }
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match (&self.address, self.since) {
            (Some(address), _) => self.one(address, context).await,
            (None, Some(since)) => self.all(since, context).await,
            (None, None) => Ok(ExitCode::from(2)),
        }
    }

    async fn one(&self, address: &Address, context: &Context) -> Result<ExitCode, Failure> {
        let app = context.open().await?;
        let reason = match Unsubscriber::new(&app).lift(address, self.yes, OPERATOR).await? {
            LiftResult::Lifted(reason) => reason,
            LiftResult::NeedsConsent(reason) => {
                return Err(Failure::Refused(lifting_needs_consent(address, reason)));
            }
            LiftResult::NotSuppressed => {
                out::error(&format!("{address} is not suppressed: look at `fortnightly suppressions list`"));
                return Ok(ExitCode::FAILURE);
            }
        };
        let file = if reason.is_readers_wish() {
            "An entry in config.toml does not subscribe it again; `fortnightly subscribe` does."
        } else {
            "If config.toml names it, the next sync subscribes it again; otherwise `fortnightly subscribe` does."
        };
        out::line(&format!("{address} is no longer suppressed (it was: {reason}). {file}"));
        Ok(ExitCode::SUCCESS)
    }

    async fn all(&self, since: Since, context: &Context) -> Result<ExitCode, Failure> {
        let reason = self.reason;
        if reason.is_readers_wish() && !self.yes {
            return Err(Failure::Refused(waves::lifting_needs_consent(reason)));
        }
        let app = context.open().await?;
        let since = since.instant(app.config.schedule.timezone);
        out::line(&waves::taken_back(Waves::new(&app).take_back(reason, since, OPERATOR).await?, reason));
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_people_type_it() {
        let zone = chrono_tz::Europe::London;
        let read = |text| since(text).map(|since| since.instant(zone).to_rfc3339());
        for (text, at) in [
            ("2026-07-01", "2026-06-30T23:00:00+00:00"),
            ("2026-11-30T08:00", "2026-11-30T08:00:00+00:00"),
            ("2026-07-01 08:00", "2026-07-01T07:00:00+00:00"),
            ("2026-07-01T08:00:00+02:00", "2026-07-01T06:00:00+00:00"),
            ("2027-03-28T01:30", "2027-03-28T00:30:00+00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(at), "{text}");
        }
        for text in ["yesterday", "30/11/2026", "2026-11-31", ""] {
            assert!(since(text).is_err(), "{text}");
        }
    }
}
