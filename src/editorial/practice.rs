//! Whether a summary says what a family practises: a parent who sees nothing else must know what it is for.

use std::collections::BTreeSet;

use super::phrases;
use super::remark::Remark;
use super::sentences::sentences;

/// Words that say that it is about being online, or about staying safe there.
const ONLINE: &str = "online|internet|web|website*|site|sites|app|apps|phone*|smartphone*|screen*|tablet*|computer*|laptop*|\
    console*|device*|camera*|webcam*|wifi|chat*|message*|text|texts|texting|texted|email*|post|posts|posted|posting|video*|\
    stream*|livestream*|call|calls|caller*|channel*|feed|feeds|scroll*|swipe*|autoplay*|notification*|photo*|picture*|selfie*|\
    image*|profile*|account*|password*|passcode*|username*|login*|link|links|click*|download*|upload*|setting*|search*|\
    advert*|ad|ads|influencer*|follower*|viral|ai|bot|bots|chatbot*|deepfake*|fake*|scam*|hack*|phish*|cyber*|gamer*|\
    loot|robux|live|viewer*|emoji*|meme*|likes|block|blocks|blocking|mute|report|privacy|digital";

/// Words that say outright what is practised.
const PRACTISED: &str = "practis*|learn*|rehears*";

/// Words that join others, and verbs that fit everything.
const EMPTY: &str = "a|an|the|and|or|but|so|then|if|when|while|as|of|to|in|on|at|for|with|from|by|about|into|out|up|off|over|\
    before|after|you|your|yours|they|them|their|it|its|he|she|his|her|we|us|our|i|me|my|who|what|which|that|this|these|those|\
    where|how|why|is|are|was|be|being|been|do|does|doing|did|can|could|will|would|may|might|should|must|not|no|yes|one|two|\
    three|each|all|some|any|more|most|make|makes|making|get|gets|getting|take|takes|taking|use|uses|using|have|has|having|\
    go|goes|going|give|gives|giving|put|puts|putting|let|thing|things|something|someone|anyone|everyone|child|children|\
    together|even|just|only|there|here|than|too|very";

/// A remark when the summary has no word of the skill, and none about being online. `at` is where the summary stands.
pub(super) fn remark(summary: &str, skill: &str, at: usize) -> Option<Remark> {
    let (said, practised) = (words(summary), words(skill));
    if said.iter().any(|word| phrases::is(ONLINE, word) || phrases::is(PRACTISED, word)) || practised.is_empty() {
        return None;
    }
    let stems: BTreeSet<&str> = practised.iter().map(|word| stem(word)).collect();
    if said.iter().any(|word| stems.contains(stem(word))) {
        return None;
    }
    let message = "the summary names nothing of what is practised, and does not say that it is about being online";
    let help =
        format!("say what a family does and what it is for: your child practises {}", skill.trim_end_matches('.'));
    Some(Remark::new("summary-without-skill", at, message, help))
}

/// The words that say something, in small letters, without ’s.
fn words(text: &str) -> Vec<String> {
    let all = sentences(text).into_iter().flat_map(|sentence| sentence.small);
    let bare = all.map(|word| word.strip_suffix("’s").unwrap_or(&word).to_owned());
    bare.filter(|word| !phrases::is(EMPTY, word)).collect()
}

/// What *mute*, *mutes*, *muted* and *muting* have in common.
fn stem(word: &str) -> &str {
    let endings = ["ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "e", "y"];
    let cut = endings.iter().filter_map(|ending| word.strip_suffix(ending)).find(|stem| stem.chars().count() >= 3);
    let stem = cut.unwrap_or(word);
    // *stop*, *stopping*
    let mut letters = stem.char_indices().rev();
    match (letters.next(), letters.next()) {
        (Some((last, a)), Some((_, b))) if a == b && last > 2 => &stem[..last],
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_it_is_for() {
        let alarm = |summary, skill| remark(summary, skill, 0).is_some();
        let skill = "choosing to stop, and telling a grown-up who helps";
        assert!(alarm("Sniff, hug and test all three. Which one can fly?", "spotting what is real and what is not"));
        assert!(alarm("Kevin the llama is trapped behind three locks.", "making strong passwords"));
        assert!(alarm("Put on a hat, and you have a new voice.", "knowing that people may pretend"));
        for fine in [
            "A song ends, and the game stops.",
            "Choose a card for every puzzle.",
            "Read six messages from a pretend class chat.",
            "Who could help? Tell it to the sock.",
            "Hold up a frame of paper. Your child practises saying “Cut!”.",
        ] {
            assert!(!alarm(fine, skill), "{fine}");
        }
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            ["mute", "muting"],
            ["stop", "stopping"],
            ["choose", "choosing"],
            ["tell", "telling"],
            ["carry", "carried"],
        ] {
            assert_eq!(stem(forms[0]), stem(forms[1]), "{forms:?}");
        }
        assert_ne!(stem("spot"), stem("sport"));
    }
}
