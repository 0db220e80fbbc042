//! `[schedule]`: when editions go out.

use chrono_tz::{TZ_VARIANTS, Tz};

use super::bank_holidays;
use crate::domain::activity::{Nation, is_slug};
use crate::domain::calendar::{ClosedDayPolicy, Occasion, Pause, Schedule};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;
use crate::toml_form::{Fields, Value, shown};

/// Checks `[schedule]`; the closed days are those of `nation` too.
pub(super) fn read(fields: &Fields<'_>, nation: Nation) -> Option<Schedule> {
    let anchor = fields.read("anchor", Value::date);
    let on_closed_day = fields.or_default("on_closed_day", Value::word);
    Some(Schedule {
        send_at: fields.or_default("send_at", Value::time),
        timezone: fields.or_default("timezone", timezone),
        grace: fields.or_default("grace", Value::length),
        plan_ahead: fields.or_default("plan_ahead", Value::whole),
        on_closed_day,
        approval: fields.or_default("approval", Value::word),
        pauses: pauses(fields, on_closed_day),
        holidays: bank_holidays::of(nation),
        occasions: occasions(fields),
        anchor: anchor?,
    })
}

/// What people in the United Kingdom write for its time.
const LONDON: [&str; 13] = [
    "bst",
    "gmt/bst",
    "british summer time",
    "british time",
    "british",
    "britain",
    "great britain",
    "gb",
    "uk",
    "united kingdom",
    "england",
    "scotland",
    "wales",
];

fn timezone(value: &Value<'_>) -> Option<Tz> {
    let text = value.text()?;
    let found: Option<Tz> = text.parse().ok();
    match found {
        None => value.bad(text, "is not a time zone", nearest_zone(value, text)),
        Some(_) if is_greenwich(text) => {
            let what = format!("{} has no summer time", shown(text));
            let help = "from March to October mail would go out an hour later than clocks in the United Kingdom say; write \"Europe/London\" if their time is meant";
            value.warning("no-summer-time", what, help);
        }
        Some(_) => {}
    }
    found
}

/// `GMT`, `Etc/GMT`, `GMT0`, `Greenwich`: mostly written by someone who means the time in London.
fn is_greenwich(name: &str) -> bool {
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    matches!(name, "GMT" | "GMT0" | "GMT+0" | "GMT-0" | "Greenwich")
}

fn nearest_zone(value: &Value<'_>, text: &str) -> String {
    let wanted = text.trim();
    if LONDON.iter().any(|name| name.eq_ignore_ascii_case(wanted)) {
        return "did you mean “Europe/London”?".to_owned();
    }
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let in_city = |name: &&str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(wanted));
    match names().find(in_city).or_else(|| nearest(text, names())) {
        Some(name) => format!("did you mean “{name}”?"),
        None => value.like_this(),
    }
}

fn pauses(fields: &Fields<'_>, general: ClosedDayPolicy) -> Vec<Pause> {
    let entries = fields.tables("pauses").unwrap_or_default();
    let read: Vec<_> = entries.iter().filter_map(|entry| Some((pause(entry)?, entry))).collect();
    warn_of_overlaps(&read, general);
    read.into_iter().map(|(pause, _)| pause).collect()
}

fn pause(entry: &Fields<'_>) -> Option<Pause> {
    let from = entry.read("from", Value::date);
    let to = entry.get("to").and_then(|value| value.date().map(|date| (value, date)));
    let reason = entry.read("reason", Value::line);
    let on_closed_day = entry.read("on_closed_day", Value::word);
    let (from, (value, to)) = (from?, to?);
    if to < from {
        value.error("bad-value", format_args!("{to} is before from = {from}"), "swap the two dates, or mend the year");
        return None;
    }
    Some(Pause { from, to, reason: reason?, on_closed_day })
}

/// Pauses may overlap; but where their rules differ, the reader cannot tell which one counts.
fn warn_of_overlaps(pauses: &[(Pause, &Fields<'_>)], general: ClosedDayPolicy) {
    let mut order: Vec<_> = pauses.iter().collect();
    order.sort_by_key(|(pause, _)| pause.from);
    let rule = |pause: &Pause| pause.on_closed_day.unwrap_or(general);
    for (at, (pause, entry)) in order.iter().enumerate() {
        let contradicts = |earlier: &Pause| pause.from <= earlier.to && rule(earlier) != rule(pause);
        if let Some((earlier, _)) = order[..at].iter().find(|(earlier, _)| contradicts(earlier)) {
            let what = format!(
                "the pause {} (on_closed_day {}) begins before the pause {} (on_closed_day {}) ends ({})",
                shown(&pause.reason),
                rule(pause),
                shown(&earlier.reason),
                rule(earlier),
                earlier.to
            );
            let help = "let each day belong to one pause, or give both the same on_closed_day";
            entry.note(Diagnostic::warning("overlapping-pauses", what).help(help));
        }
    }
}

fn occasions(fields: &Fields<'_>) -> Vec<Occasion> {
    fields.tables("occasions").unwrap_or_default().iter().filter_map(occasion).collect()
}

fn occasion(entry: &Fields<'_>) -> Option<Occasion> {
    let name = entry.get("name").and_then(|value| {
        let text = value.text()?;
        if is_slug(text) {
            return Some(text.to_owned());
        }
        let what = "must consist of lower-case letters, digits and hyphens, as in the activities' occasions";
        value.bad(text, what, value.like_this());
        None
    });
    let on = entry.read("on", Value::date);
    Some(Occasion { name: name?, on: on? })
}
