//! What is asked of a reader, and what a click does.

use super::*;

#[test]
fn nothing_is_changed_by_a_wish_without_a_band() {
    let mut list = empty();
    assert_eq!(subscribe(&mut list, &wish("Hill", "a", "")), Err(NoBand));
    assert_eq!(ask_to_subscribe(&mut list, &wish("Hill", "a", "")), Err(NoBand));
    assert_eq!(*list.changes(), crate::domain::subscription::rows::Changes::default());
}

#[test]
fn a_link_works_for_its_time_and_until_a_newer_one() {
    let week = 7 * DAY;
    for (minute, works) in [(week - 1, true), (week, false)] {
        let mut list = empty();
        let request = asked(&mut list, "a");
        let mut list = list.later(at(minute));
        assert_eq!(matches!(fulfil(&mut list, request), Clicked::Done(_)), works, "minute {minute}");
        assert_eq!(end_unconfirmed(&mut list), u64::from(!works));
    }
    let mut list = empty();
    let old = asked(&mut list, "a");
    let mut list = list.later(at(1));
    let new = asked(&mut list, "a");
    assert_eq!(fulfil(&mut list, old), Clicked::Over);
    assert!(matches!(fulfil(&mut list, new), Clicked::Done(_)));
    assert!(matches!(fulfil(&mut list, new), Clicked::Before(_)));
    assert_eq!(fulfil(&mut list, RequestId(99)), Clicked::Unknown);
    leave(&mut list, ONE, SuppressionReason::Unsubscribed, "test");
    assert_eq!(fulfil(&mut list, new), Clicked::Over, "what was done does not hold any more");
}

#[test]
fn three_questions_a_day_and_five_hundred_an_hour() {
    let mut list = empty();
    for minute in 0..3 {
        list = list.later(at(minute));
        asked(&mut list, "a");
    }
    let again = |list: &mut MailingList| ask_to_subscribe(list, &wish("Hill", "a", "4-5"));
    assert_eq!(again(&mut list), Ok(Asked::TooOften));
    let mut list = list.later(at(DAY - 1));
    assert_eq!(again(&mut list), Ok(Asked::TooOften));
    assert!(matches!(again(&mut list.later(at(DAY))), Ok(Asked::Waits(_))));
    for (asked_lately, expected) in [(499, true), (500, false)] {
        let mut list = MailingList::new(Rows { asked_lately, ..rows() }, AddressHasher::new(&[7; 32]), at(0));
        assert_eq!(matches!(again(&mut list), Ok(Asked::Waits(_))), expected, "{asked_lately}");
    }
}
