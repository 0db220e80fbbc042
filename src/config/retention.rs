//! `[retention]`: how long what is about people is kept.

use chrono::TimeDelta;

use super::Retention;
use super::duration;
use super::fields::Fields;
use super::findings::Findings;
use super::raw::Raw;

/// What is left out means these, in days (contract §3).
const ATTEMPTS: i64 = 90;
const ENDED: i64 = 28;

/// Checks `[retention]`.
pub(super) fn read(f: &mut Findings<'_>, fields: &Fields<'_>) -> Retention {
    Retention {
        attempts: fields.or(f, "attempts", TimeDelta::days(ATTEMPTS), |raw, f| length(f, raw)),
        ended: fields.or(f, "ended", TimeDelta::days(ENDED), |raw, f| length(f, raw)),
    }
}

/// A length of time.
pub(super) fn length(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<TimeDelta> {
    let text = raw.text(f)?;
    duration::parse(text).map_err(|error| raw.bad(f, text, error, raw.like_this())).ok()
}
