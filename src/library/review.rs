//! The dates of a file: when it was checked, when it must be checked again, when it may be shown.

use chrono::NaiveDate;

use super::fields::{At, Fields};

/// `reviewed` and `review_by`, the first before the second.
pub(super) fn read(fields: &mut Fields<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let page = fields.page();
    let reviewed = fields.date("reviewed");
    let review_by = fields.date("review_by");
    let (reviewed, review_by) = (reviewed?, review_by?);
    if reviewed.value >= review_by.value {
        let message = "“review_by” is not after “reviewed”";
        page.error(review_by.offset, "date-order", message, "a text is checked again some time after it was checked");
        return None;
    }
    Some((reviewed.value, review_by.value))
}

/// Two optional dates, the first not after the second.
pub(super) fn ordered(
    fields: &mut Fields<'_>,
    first: &'static str,
    last: &'static str,
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let page = fields.page();
    let (from, until) = (fields.optional_date(first), fields.optional_date(last));
    check_order(page, (first, from.as_ref()), (last, until.as_ref()));
    (from.map(|at| at.value), until.map(|at| at.value))
}

/// Notes that the second date is before the first.
pub(super) fn check_order(
    page: &super::page::Page,
    (first, from): (&str, Option<&At<NaiveDate>>),
    (last, until): (&str, Option<&At<NaiveDate>>),
) {
    if let (Some(from), Some(until)) = (from, until)
        && until.value < from.value
    {
        let message = format!("“{last}” is before “{first}”, so it would never be shown");
        page.error(until.offset, "date-order", message, "exchange the two dates, or mend the year");
    }
}
