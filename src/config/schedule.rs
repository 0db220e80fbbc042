//! `[schedule]`: when editions go out.

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::fields::{Fields, entries};
use super::findings::{Findings, Place, shown};
use super::keys::{OCCASION, PAUSE};
use super::raw::Raw;
use super::retention;
use super::{Nation, bank_holidays};
use crate::domain::activity::is_slug;
use crate::domain::calendar::{Approval, ClosedDayPolicy, Occasion, Pause, Schedule};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;

/// How late an edition may go out when nothing else is said, in hours.
const GRACE_HOURS: i64 = 72;

/// Checks `[schedule]`; the closed days are those of `nation` too.
pub(super) fn read(f: &mut Findings<'_>, fields: &Fields<'_>, nation: Nation) -> Option<Schedule> {
    let anchor = fields.required(f, "anchor").and_then(|raw| raw.date(f));
    let eight = NaiveTime::MIN + TimeDelta::hours(8);
    let send_at = fields.or(f, "send_at", eight, Raw::time);
    let timezone = fields.or(f, "timezone", Tz::Europe__London, |raw, f| timezone(f, raw));
    let grace = fields.or(f, "grace", TimeDelta::hours(GRACE_HOURS), |raw, f| retention::length(f, raw));
    let plan_ahead = fields.or(f, "plan_ahead", 3, |raw, f| raw.whole(f, 1..=26_u32));
    let on_closed_day = fields.or(f, "on_closed_day", ClosedDayPolicy::Shift, Raw::word);
    let approval = fields.or(f, "approval", Approval::Automatic, Raw::word);
    let pauses = pauses(f, fields, on_closed_day);
    let occasions = occasions(f, fields);
    Some(Schedule {
        anchor: anchor?,
        send_at,
        timezone,
        grace,
        plan_ahead,
        on_closed_day,
        approval,
        pauses,
        holidays: bank_holidays::of(nation),
        occasions,
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

fn timezone(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<Tz> {
    let text = raw.text(f)?;
    let found: Option<Tz> = text.parse().ok();
    match found {
        None => raw.bad(f, text, "is not a time zone", nearest_zone(raw, text)),
        Some(_) if is_greenwich(text) => {
            let what = format!("{} {} has no summer time", raw.subject(), shown(text));
            let help = "from March to October mail would go out an hour later than clocks in the United Kingdom say; write \"Europe/London\" if their time is meant";
            f.add(raw.place, Diagnostic::warning("no-summer-time", what).help(help));
        }
        Some(_) => {}
    }
    found
}

/// `GMT`, `Etc/GMT`, `GMT0`, `Greenwich`: mostly written by somebody who means the time in London.
fn is_greenwich(name: &str) -> bool {
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    matches!(name, "GMT" | "GMT0" | "GMT+0" | "GMT-0" | "Greenwich")
}

fn nearest_zone(raw: &Raw<'_>, text: &str) -> String {
    let wanted = text.trim();
    if LONDON.iter().any(|name| name.eq_ignore_ascii_case(wanted)) {
        return "did you mean “Europe/London”?".to_owned();
    }
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let in_city = |name: &&str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(wanted));
    match names().find(in_city).or_else(|| nearest(text, names())) {
        Some(name) => format!("did you mean “{name}”?"),
        None => raw.like_this(),
    }
}

fn pauses(f: &mut Findings<'_>, fields: &Fields<'_>, general: ClosedDayPolicy) -> Vec<Pause> {
    let value = fields.get("pauses").map(|raw| (raw.value, raw.place));
    let read: Vec<_> = entries(f, &PAUSE, value)
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| pause(f, entry).map(|pause| (pause, entry.place())))
        .collect();
    warn_of_overlaps(f, &read, general);
    read.into_iter().map(|(pause, _)| pause).collect()
}

fn pause(f: &mut Findings<'_>, entry: &Fields<'_>) -> Option<Pause> {
    let from = entry.required(f, "from").and_then(|raw| raw.date(f));
    let to = entry.required(f, "to").and_then(|raw| raw.date(f).map(|date| (raw, date)));
    let reason = entry.required(f, "reason").and_then(|raw| raw.line(f));
    let on_closed_day = entry.get("on_closed_day").and_then(|raw| raw.word(f));
    let (from, (raw, to)) = (from?, to?);
    if to < from {
        raw.error(f, "bad-value", format_args!("{to} is before from = {from}"), "swap the two dates, or mend the year");
        return None;
    }
    Some(Pause { from, to, reason: reason?, on_closed_day })
}

/// Pauses may overlap; but where their rules differ, the reader cannot tell which one counts.
fn warn_of_overlaps(f: &mut Findings<'_>, pauses: &[(Pause, Place<'_>)], general: ClosedDayPolicy) {
    let mut order: Vec<_> = pauses.iter().collect();
    order.sort_by_key(|(pause, _)| pause.from);
    let rule = |pause: &Pause| pause.on_closed_day.unwrap_or(general);
    for (at, (pause, place)) in order.iter().enumerate() {
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
            f.add(*place, Diagnostic::warning("overlapping-pauses", what).help(help));
        }
    }
}

fn occasions(f: &mut Findings<'_>, fields: &Fields<'_>) -> Vec<Occasion> {
    let value = fields.get("occasions").map(|raw| (raw.value, raw.place));
    entries(f, &OCCASION, value).unwrap_or_default().iter().filter_map(|entry| occasion(f, entry)).collect()
}

fn occasion(f: &mut Findings<'_>, entry: &Fields<'_>) -> Option<Occasion> {
    let name = entry.required(f, "name").and_then(|raw| {
        let text = raw.text(f)?;
        if is_slug(text) {
            return Some(text.to_owned());
        }
        let what = "must consist of lower-case letters, digits and hyphens, as in the activities' occasions";
        raw.bad(f, text, what, raw.like_this());
        None
    });
    let on = entry.required(f, "on").and_then(|raw| raw.date(f));
    Some(Occasion { name: name?, on: on? })
}
