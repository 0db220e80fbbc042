//! Why an edition is held, missed or withdrawn: what arose, with its data. Sentences are made in `messages::edition`.
//!
//! The codes and the names of the data are stored: never rename one without a migration.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::number::EditionNumber;
use crate::domain::band::BandName;

/// A due instant, and how long after it an edition still goes out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When it was due, in the schedule's zone.
    pub due: DateTime<FixedOffset>,
    /// The grace, in seconds.
    pub grace: i64,
}

/// A band that someone reads and for which an edition has nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnservedBand {
    pub band: BandName,
    pub mailboxes: u64,
}

/// Why an edition needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum HoldReason {
    /// Beyond grace.
    Late {
        #[serde(flatten)]
        deadline: Deadline,
        /// It waited for an approval, too.
        unapproved: bool,
    },
    ApprovalMissing {
        /// When it fell due; `None` when it was asked for before.
        due: Option<DateTime<FixedOffset>>,
    },
    /// The store was restored from a backup and not released since.
    RestoredStore,
    /// Bands with readers have no activity.
    UnservedBands {
        /// Which, in the service's order.
        bands: Vec<UnservedBand>,
    },
    /// A sync that would end many subscriptions waits for consent.
    ConsentMissing,
    /// The run stopped itself: the relay refuses the sender.
    SenderRefused { reply: String },
    /// The run stopped itself: too many mails were refused for good.
    TooManyRefused {
        failed: u64,
        /// Tried in this run.
        tried: u64,
        /// What the relay said last.
        last: Option<String>,
    },
    /// The run stopped itself: mail after mail got no answer that can be read.
    Unanswered {
        mails: u64,
        /// What came in place of the last answer.
        last: Option<String>,
    },
    /// The run stopped itself: a message could not be made from what was published.
    MessageFailed { why: String },
    Operator {
        /// In their words.
        why: Option<String>,
    },
    /// Held by an older version, which stored the sentence alone.
    Told {
        /// As far as it steers anything.
        kind: ToldHold,
        text: String,
    },
}

/// What a hold is about of which only the sentence is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToldHold {
    Late,
    ApprovalMissing,
    Other,
}

impl HoldReason {
    /// Of a row that has none: nobody may be told a reason that nobody gave.
    pub fn unknown() -> Self {
        Self::Told { kind: ToldHold::Other, text: String::new() }
    }

    /// Whether the calendar gave the edition up: when the clock was wrong, it comes back.
    pub fn is_late(&self) -> bool {
        matches!(self, Self::Late { .. } | Self::Told { kind: ToldHold::Late, .. })
    }

    /// Whether an approval is all that is missing.
    pub fn is_approval_missing(&self) -> bool {
        matches!(self, Self::ApprovalMissing { .. } | Self::Told { kind: ToldHold::ApprovalMissing, .. })
    }
}

/// Why an edition's time passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum MissReason {
    /// A newer edition fell due.
    Overtaken { by: EditionNumber, held: bool },
    /// Beyond grace, and a newer edition had been published.
    LateBehindNewer(Deadline),
    /// Missed under an older version, which stored the sentence alone.
    Told { text: String },
}

/// Why an edition was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum WithdrawReason {
    Operator,
}

/// Why an edition is in its state, where that has a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateReason {
    Held(HoldReason),
    Missed(MissReason),
    Withdrawn(WithdrawReason),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stores hold.
    #[test]
    fn codes_and_details_stay_as_they_are() {
        let due = "2026-09-07T08:00:00+01:00".parse().expect("an instant");
        let deadline = Deadline { due, grace: 259_200 };
        let band = |name: &str| UnservedBand { band: name.parse().expect("a band"), mailboxes: 3 };
        let reply = || "550 no".to_owned();
        let deadline_json = r#""due":"2026-09-07T08:00:00+01:00","grace":259200"#;
        for (reason, code, detail) in [
            (
                HoldReason::Late { deadline, unapproved: true },
                "late",
                format!("{{{deadline_json},\"unapproved\":true}}"),
            ),
            (HoldReason::ApprovalMissing { due: None }, "approval-missing", r#"{"due":null}"#.to_owned()),
            (
                HoldReason::UnservedBands { bands: vec![band("4-5")] },
                "unserved-bands",
                r#"{"bands":[{"band":"4-5","mailboxes":3}]}"#.to_owned(),
            ),
            (HoldReason::SenderRefused { reply: reply() }, "sender-refused", r#"{"reply":"550 no"}"#.to_owned()),
            (
                HoldReason::TooManyRefused { failed: 3, tried: 50, last: Some(reply()) },
                "too-many-refused",
                r#"{"failed":3,"tried":50,"last":"550 no"}"#.to_owned(),
            ),
            (HoldReason::Unanswered { mails: 10, last: None }, "unanswered", r#"{"mails":10,"last":null}"#.to_owned()),
            (HoldReason::MessageFailed { why: "x".to_owned() }, "message-failed", r#"{"why":"x"}"#.to_owned()),
            (HoldReason::Operator { why: None }, "operator", r#"{"why":null}"#.to_owned()),
            (
                HoldReason::Told { kind: ToldHold::ApprovalMissing, text: "x".to_owned() },
                "told",
                r#"{"kind":"approval-missing","text":"x"}"#.to_owned(),
            ),
        ] {
            let json = format!(r#"{{"code":"{code}","detail":{detail}}}"#);
            assert_eq!(serde_json::to_string(&reason).expect("it is JSON"), json);
            assert_eq!(serde_json::from_str::<HoldReason>(&json).expect("it is read"), reason);
        }
        for (reason, json) in [
            (HoldReason::RestoredStore, r#"{"code":"restored-store"}"#),
            (HoldReason::ConsentMissing, r#"{"code":"consent-missing"}"#),
        ] {
            assert_eq!(serde_json::to_string(&reason).expect("it is JSON"), json);
            assert_eq!(serde_json::from_str::<HoldReason>(json).expect("it is read"), reason);
        }
        for (reason, code, detail) in [
            (
                MissReason::Overtaken { by: EditionNumber(8), held: true },
                "overtaken",
                r#"{"by":8,"held":true}"#.to_owned(),
            ),
            (MissReason::LateBehindNewer(deadline), "late-behind-newer", format!("{{{deadline_json}}}")),
        ] {
            let json = format!(r#"{{"code":"{code}","detail":{detail}}}"#);
            assert_eq!(serde_json::to_string(&reason).expect("it is JSON"), json);
            assert_eq!(serde_json::from_str::<MissReason>(&json).expect("it is read"), reason);
        }
    }
}
