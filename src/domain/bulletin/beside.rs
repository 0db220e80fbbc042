//! How near a bulletin may come to an edition.

use chrono::TimeDelta;

/// No bulletin is sent so long before an edition, unless someone says that it may be: both would share the relay and the day's cap,
/// and readers would get two mails at once.
pub const BESIDE: TimeDelta = TimeDelta::hours(1);
