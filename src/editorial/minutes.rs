//! How long the steps of an activity take.

use super::passages::{Part, Passage};
use super::remark::Remark;

/// The most minutes of all steps together: getting ready and talking take the rest of the quarter of an hour.
const LIMIT: u32 = 10;

/// What a step takes.
#[derive(Default)]
struct Step {
    /// The item of the list that it is; what stands in no list is a step of its own.
    item: Option<usize>,
    /// Minutes in its name, which is in bold.
    named: Option<u32>,
    /// All minutes in its text.
    said: u32,
    /// Where the first of them stands.
    at: Option<usize>,
}

/// A remark, at the step with which it is too much.
pub(super) fn remark(passages: &[Passage]) -> Option<Remark> {
    let mut steps: Vec<Step> = Vec::new();
    for passage in passages.iter().filter(|passage| passage.part == Part::Steps) {
        if passage.item.is_none() || steps.last().is_none_or(|step| step.item != passage.item) {
            steps.push(Step { item: passage.item, ..Step::default() });
        }
        let Some(step) = steps.last_mut() else { continue };
        for (start, minutes) in minutes(&passage.words.text) {
            step.at.get_or_insert(passage.words.place(start));
            step.said += minutes;
            if passage.bold.iter().any(|bold| bold.contains(&start)) {
                step.named.get_or_insert(minutes);
            }
        }
    }
    let taken = |step: &Step| step.named.unwrap_or(step.said);
    let total: u32 = steps.iter().map(taken).sum();
    let mut sum = 0;
    let mut too_much = steps.iter().filter(|step| step.at.is_some()).filter(|step| {
        sum += taken(step);
        sum > LIMIT
    });
    let at = too_much.find_map(|step| step.at)?;
    let message = format!("the steps take {total} minutes together; {LIMIT} leave time to get ready and to talk");
    let help = "leave a step out, make one shorter, or move it to “Next time”; “(2 minutes each)” counts for two";
    Some(Remark::new("too-many-minutes", at, message, help))
}

/// Each “(N minutes)” and “(N minutes each)”: where it begins, and how many in all. Of “2 to 3” the larger counts.
fn minutes(text: &str) -> Vec<(usize, u32)> {
    let bracketed = text.match_indices('(').filter_map(|(start, _)| {
        let inside = &text[start + 1..];
        Some((start, taken(&inside[..inside.find(')')?])?))
    });
    bracketed.collect()
}

fn taken(inside: &str) -> Option<u32> {
    let mut words: Vec<&str> = inside.split([' ', '\u{a0}', '–', '-', ',']).filter(|word| !word.is_empty()).collect();
    words.retain(|word| !matches!(*word, "about" | "around" | "up" | "to" | "or"));
    let unit =
        words.iter().position(|word| matches!(*word, "minute" | "minutes" | "min" | "mins" | "min." | "mins."))?;
    let numbers: Option<Vec<u32>> = words[..unit].iter().map(|word| word.parse().ok().filter(|n| *n < 100)).collect();
    let most = numbers?.into_iter().max()?;
    let is_each = words[unit + 1..].first() == Some(&"each");
    Some(if is_each { most * 2 } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editorial::passages;

    #[test]
    fn minutes_are_read_in_brackets() {
        let all = |text| minutes(text).into_iter().map(|(_, taken)| taken).collect::<Vec<_>>();
        assert_eq!(all("Play (2 minutes). Talk (1 minute) and swap (3 minutes each)."), [2, 1, 6]);
        assert_eq!(all("Play (2 to 3 minutes), (about 4 minutes), (2–3 mins)."), [3, 4, 3]);
        assert_eq!(all("It takes 20 minutes (or a day). (Minutes 3.) (99999 minutes) (3 minutes"), [] as [u32; 0]);
    }

    #[test]
    fn the_step_with_which_it_is_too_much_is_named() {
        let page = "## Do it together\n\n1. **Draw (4 minutes).** Go.\n2. Sing (5 minutes).\n\nThen swap (3 minutes).\n\nEat (9 minutes).";
        let found = remark(&passages::read(page, 0).passages).map(|it| it.at);
        assert_eq!(found, page.find("(3 minutes)"));
    }

    #[test]
    fn steps_are_added_up_once_each() {
        let total = |steps: &str| {
            let page = format!(
                "## Get ready\n\nSit (9 minutes).\n\n## Do it together\n\n{steps}\n\n## Talk about it\n\nTalk (9 minutes)?"
            );
            remark(&passages::read(&page, 0).passages).map(|it| it.message)
        };
        assert_eq!(total("1. **One (4 minutes).** Go.\n\n2. **Two (6 minutes).** Go."), None);
        assert!(
            total("1. **One (4 minutes).** Go.\n\n2. **Two (7 minutes).** Go.")
                .is_some_and(|it| it.contains("11 minutes"))
        );
        assert_eq!(total("1. **One (8 minutes).** Draw (4 minutes), then swap (4 minutes).\n\n2. Stop."), None);
        assert!(total("1. Draw (4 minutes).\n\n   Then swap (7 minutes).").is_some());
        assert!(total("1. **Draw (5 minutes each).**\n2. **Talk (1 minute).**").is_some());
        assert!(total("Draw (6 minutes).\n\nThen swap (5 minutes).").is_some());
        assert_eq!(total("1. **Draw.** It takes a while.\n2. **Stop.** It may take 20 minutes."), None);
    }
}
