//! Bank-holiday data that ends.

use chrono::{Months, NaiveDate};

use super::long;
use crate::app::Service;
use crate::app::planner::PlanRow;
use crate::config::bank_holidays_known_until;
use crate::domain::calendar::ClosedDayPolicy;
use crate::domain::diagnostic::Diagnostic;

/// A warning (`bank-holidays-end`) when bank holidays are known for less than a year, or not to the end of `rows`.
/// Where closed days change nothing, nobody needs to know.
pub(super) fn end(service: &Service, rows: &[PlanRow], today: NaiveDate) -> Option<Diagnostic> {
    let known = bank_holidays_known_until();
    let schedule = &service.config.schedule;
    let year = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let horizon = rows.last().map_or(year, |row| row.date.max(year));
    if known > horizon || schedule.on_closed_day == ClosedDayPolicy::Send {
        return None;
    }
    let nation = service.config.service.nation.title();
    let first = rows.iter().find(|row| row.date > known);
    let then = first.map_or(String::new(), |row| {
        format!("; edition {} on {} is the first that may have to move", row.edition, long(row.date))
    });
    let message = format!("the bank holidays of {nation} are known until {}, and not after it{then}", long(known));
    let help = "update Fortnightly; until then, add a [[schedule.pauses]] for each bank holiday on an edition's day";
    Some(Diagnostic::warning("bank-holidays-end", message).in_file(service.config_name()).help(help))
}
