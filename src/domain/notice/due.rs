//! Which notices are due, given what was found and what was told.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::finding::{Finding, NoticeKind, Told};

/// A notice that is to be written now: everything of its kind that was not told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    pub kind: NoticeKind,
    /// One at least.
    pub findings: Vec<Finding>,
}

/// Which notices are due on the local day `today`: of each kind what was not `told` yet, unless one of that kind was told
/// lately. A day that is still to come, told by a clock that ran ahead, keeps nothing back.
pub fn due(today: NaiveDate, findings: Vec<Finding>, told: &[Told]) -> Vec<DueNotice> {
    let known: BTreeSet<(NoticeKind, &str)> = told.iter().map(|told| (told.kind, told.finding.as_str())).collect();
    let is_quiet = |kind: NoticeKind| {
        let since = kind.quiet_since(today);
        told.iter().any(|told| told.kind == kind && since <= told.day && told.day <= today)
    };
    let mut notices: Vec<DueNotice> = Vec::new();
    let mut seen = BTreeSet::new();
    for finding in findings {
        let (kind, key) = (finding.kind(), finding.key());
        if known.contains(&(kind, key.as_str())) || is_quiet(kind) || !seen.insert((kind, key)) {
            continue;
        }
        match notices.iter_mut().find(|notice| notice.kind == kind) {
            Some(notice) => notice.findings.push(finding),
            None => notices.push(DueNotice { kind, findings: vec![finding] }),
        }
    }
    notices
}
