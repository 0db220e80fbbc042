//! Bank-holiday data that ends.

use chrono::{Months, NaiveDate};

use super::coming::config_warning;
use crate::app::planner::PlanRow;
use crate::config::{Config, bank_holidays_known_until};
use crate::domain::calendar::ClosedDayPolicy;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::dates::day;

/// A warning (`bank-holidays-end`) when bank holidays are known for less than a year, or not to the end of `rows`.
/// Where closed days change nothing, nobody needs to know.
pub(super) fn end(config: &Config, rows: &[PlanRow], today: NaiveDate) -> Option<Diagnostic> {
    let known = bank_holidays_known_until();
    let schedule = &config.schedule;
    let year = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let horizon = rows.last().map_or(year, |row| row.date.max(year));
    if known > horizon || schedule.on_closed_day == ClosedDayPolicy::Send {
        return None;
    }
    let nation = config.service.nation.title();
    let first = rows.iter().find(|row| row.date > known);
    let then = first.map_or(String::new(), |row| {
        format!("; edition {} on {} is the first that may have to move", row.edition, day(row.date))
    });
    let message = format!("the bank holidays of {nation} are known until {}, and not after it{then}", day(known));
    let help = "update Fortnightly; until then, add a [[schedule.pauses]] for each bank holiday on an edition's day";
    Some(config_warning(config, "bank-holidays-end", message).help(help))
}
