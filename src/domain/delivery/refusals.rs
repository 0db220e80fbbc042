//! When several processes that send an edition together have seen enough of its refusals.

use super::Tally;
use super::retry::are_too_many;

/// As [`are_too_many`], of what all processes that send an edition came to since one of them began: how many were refused, and of
/// how many, if that is too many.
pub fn too_many_since(begun: &Tally, now: &Tally) -> Option<(u64, u64)> {
    let refused = now.failed.saturating_sub(begun.failed);
    // What is tried a second time leaves one state for another.
    let others = [(now.accepted, begun.accepted), (now.deferred, begun.deferred), (now.uncertain, begun.uncertain)];
    let tried = others.iter().fold(refused, |tried, (now, begun)| tried + now.saturating_sub(*begun));
    are_too_many(refused, tried).then_some((refused, tried))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_before_this_run_is_not_held_against_it() {
        let begun = Tally { accepted: 100, failed: 30, ..Tally::default() };
        let after = |accepted: u64, failed: u64| Tally { accepted, failed, ..begun };
        assert_eq!(too_many_since(&begun, &begun), None);
        assert_eq!(too_many_since(&begun, &after(140, 34)), None, "too few were tried");
        assert_eq!(too_many_since(&begun, &after(150, 33)), Some((3, 53)));
        assert_eq!(too_many_since(&begun, &after(200, 33)), None);
        assert_eq!(too_many_since(&after(200, 90), &begun), None, "some were taken up again");
        let put_off = Tally { deferred: 80, ..begun };
        let again = Tally { deferred: 20, ..after(100, 90) };
        assert_eq!(too_many_since(&put_off, &again), Some((60, 60)));
    }
}
