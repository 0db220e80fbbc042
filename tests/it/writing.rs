//! What the library's editor says of a text: each rule with cases that it reports, and cases that it must leave alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fortnightly::domain::activity::Nation;
use fortnightly::domain::band::Bands;
use fortnightly::domain::diagnostic::{Diagnostic, Level};
use fortnightly::editorial::{self, Site};
use fortnightly::library;

/// A help block with which nothing is wrong.
const HELP: &str = "title = \"Where to turn\"\nintro = \"It’s never the child’s fault.\"\n\n\
    [[entries]]\nid = \"danger\"\nwhen = \"Someone is in danger\"\nwho = \"The police\"\nphone = \"999\"\n";

/// One activity, in parts that a case may change.
#[derive(Clone, Copy)]
struct Draft {
    theme: &'static str,
    bands: &'static str,
    front: &'static str,
    summary: &'static str,
    ready: &'static str,
    steps: &'static str,
    worry: &'static str,
}

const PLAIN: Draft = Draft {
    theme: "kindness",
    bands: "\"8-10\"",
    front: "",
    summary: "Sort the messages of a class chat.",
    ready: "Find a quiet place for both of you.",
    steps: "Play the game that you like best.",
    worry: "Listen, and say that it isn’t their fault.",
};

impl Draft {
    fn page(&self, nth: usize) -> String {
        let Self { bands, front, summary, ready, steps, worry, .. } = self;
        format!(
            "+++\ntitle = \"Xylophone {nth}\"\nbands = [{bands}]\nminutes = 15\nsummary = \"{summary}\"\n\
             reviewed = 2026-09-01\nreview_by = 2028-09-01\n{front}+++\n\n## Get ready\n\n{ready}\n\n\
             ## Do it together\n\n{steps}\n\n## Talk about it\n\nHow was it for you?\n\n\
             ## If something worries you\n\n{worry}\n"
        )
    }
}

/// A theme of this title and opening.
fn theme(title: &str, opening: &str, article: &str) -> String {
    format!(
        "+++\ntitle = \"{title}\"\nstrand = \"bullying\"\nreviewed = 2026-09-01\nreview_by = 2028-09-01\n+++\n\n\
         {opening}\n\n## For parents and carers\n\n{article}\n"
    )
}

/// Every finding about a library of these files.
#[track_caller]
fn lint(help: &str, files: &[(String, String)]) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("help.toml", help);
    write("kindness/theme.md", &theme("Be kind online", "Kind words travel fast.", "Talk about it at home."));
    write("kindness/plain.md", &PLAIN.page(999));
    write("taking-pictures/theme.md", &theme("Taking and sharing pictures", "Ask first.", "Talk about it at home."));
    write("taking-pictures/plain.md", &PLAIN.page(998));
    let opening = "Every picture and photo was made by someone.";
    write("copying/theme.md", &theme("Copying a picture", opening, "Talk about it at home."));
    write("copying/plain.md", &PLAIN.page(997));
    for (name, text) in files {
        write(name, text);
    }
    let bands = Bands::shipped();
    let (library, found) = library::load(folder.path(), &bands, Nation::England);
    let library = library.unwrap_or_else(|| panic!("{found:#?}"));
    let site = Site { base_url: "https://activities.example.org", editions: &BTreeSet::new() };
    editorial::lint(&library, &bands, site).into_iter().filter(|finding| finding.code != "near-duplicate").collect()
}

/// The codes of what was found in the file of this name, and nothing of another one.
fn codes_in(found: &[Diagnostic], name: &str) -> Vec<&'static str> {
    let is_here = |finding: &&Diagnostic| finding.file.as_deref().is_some_and(|file| Path::new(file).ends_with(name));
    found.iter().filter(is_here).map(|finding| finding.code).collect()
}

/// Reads each activity in one library, and compares its codes with those that are expected.
#[track_caller]
fn judge(cases: &[(Draft, &[&str])]) {
    let name = |nth: usize, draft: &Draft| format!("{}/x{nth}.md", draft.theme);
    let files: Vec<_> = cases.iter().enumerate().map(|(nth, (it, _))| (name(nth, it), it.page(nth))).collect();
    let found = lint(HELP, &files);
    for (nth, (draft, expected)) in cases.iter().enumerate() {
        assert_eq!(codes_in(&found, &name(nth, draft)), *expected, "{}", draft.page(nth));
    }
}

/// Each text as what is done together.
#[track_caller]
fn judge_steps(reported: &[&'static str], code: &'static str, fine: &[&'static str]) {
    let codes = [code];
    let wrong = reported.iter().map(|steps| (Draft { steps, ..PLAIN }, &codes[..]));
    let right = fine.iter().map(|steps| (Draft { steps, ..PLAIN }, &[][..]));
    judge(&wrong.chain(right).collect::<Vec<_>>());
}

#[test]
fn four_short_sentences_in_a_row_are_a_telegram() {
    judge_steps(
        &[
            "Sit on the floor. Take one card each. Look at it. Turn it over.",
            "1. **Play (4 minutes).** Take a card. Read it out. Put it down. Take the next one.",
            "If you like, you can begin with the easy ones. Take a card. Read it. Put it down. Go on.",
        ],
        "staccato",
        &[
            "Sit on the floor. Take one card each. Look at it. Then turn it over so that your child can see it.",
            "- Mute it.\n- Leave it.\n- Block it.\n- Report it.\n",
            "Grown-up: say, “Stop that. I don’t like it. Put it down. I’ll tell Mum.”",
            "> Round and round. Stop and look. Who is there? It’s a cook.",
            "1. **Stop (1 minute).** Stop.\n2. **Look (1 minute).** Look.\n3. **Tell (1 minute).** Tell.\n",
            "The cards say RED. BLUE. GREEN. YELLOW. Put them where both of you can see them.",
            "Take a card. Read it out.\n\nPut it down. Take the next one.",
            "Who made it? Why now? What is missing? Where is it from?",
        ],
    );
}

#[test]
fn sentences_are_neither_short_nor_long_throughout() {
    let short = "They sit on the floor now, and wait for you both. Take it. ";
    let long = "When the first of you has put down a card that the other one has not seen before, you both say aloud what it is. ";
    let right = "When your child holds up a card, you say what it is. ";
    // Half of it are cards, which are short for a good reason.
    let cards = format!("{}{}", right.repeat(10), "\n\n- “Yes.”\n- “No.”\n- RED\n- “Stop it.”\n".repeat(6));
    let cases = [short.repeat(10), long.repeat(10), right.repeat(10), cards, short.repeat(2), long.repeat(2)];
    let expected: [&[&str]; 6] = [&["sentence-length"], &["sentence-length"], &[], &[], &[], &[]];
    let cases = cases.map(|steps| &*steps.leak());
    judge(&cases.iter().zip(expected).map(|(steps, codes)| (Draft { steps, ..PLAIN }, codes)).collect::<Vec<_>>());
    // An article and a notice are read alike.
    let notice = format!(
        "+++\ntitle = \"Today\"\nfrom = 2027-01-25\nuntil = 2027-02-14\nreviewed = 2026-09-01\nreview_by = 2027-03-01\n+++\n\n{}\n",
        short.repeat(10)
    );
    let files = [
        ("games/theme.md".to_owned(), theme("Games", "Play.", &short.repeat(10))),
        ("games/plain.md".to_owned(), PLAIN.page(1)),
        ("notices/today.md".to_owned(), notice),
    ];
    let found = lint(HELP, &files);
    assert_eq!(codes_in(&found, "games/theme.md"), ["sentence-length"]);
    assert_eq!(codes_in(&found, "notices/today.md"), ["sentence-length"]);
}

#[test]
fn someone_is_what_parents_say() {
    judge_steps(
        &[
            "Tell somebody that you both trust.",
            "Say: “Anybody can join in, if you like.”",
            "Is it EVERYBODY, or only a few of them?",
            "Decide with whom you want to play it.",
        ],
        "stilted-word",
        &[
            "Tell someone that you both trust, and everyone can join in.",
            "Look at [everybody in](https://www.example.org/everybody) before you play.",
            "Read https://www.example.org/somebody-else together.",
            "Read the book Everybody Worries together.",
            "Look for the film Somebody Up There together.",
            "He sang “Everybody hurts” in the bath.",
            "The grown-ups, most of whom work, sit down first.",
        ],
    );
    let resource = "[[resources]]\ntitle = \"Everybody has a body\"\nurl = \"https://www.example.org/anybody\"\npublisher = \"Anybody and Co\"\n";
    judge(&[
        (Draft { summary: "Sort the messages that somebody sent in a chat.", ..PLAIN }, &["stilted-word"]),
        (Draft { front: "say = \"I can always tell somebody.\"\n", ..PLAIN }, &["stilted-word"]),
        (Draft { front: resource, ..PLAIN }, &[]),
    ]);
}

#[test]
fn praise_is_said_as_it_is_said_in_britain() {
    judge_steps(
        &[
            "Say: “Good that you rang the bell.”",
            "Good that she knows about it already.",
            "Say: “I like it that you tell me these things.”",
            "Grown-up: “I like it that Sam asked you first.”",
            "Say: “That’s nice from you, and I won’t forget it.”",
        ],
        "stilted-phrase",
        &[
            "Say: “I’m glad that you rang the bell.”",
            "It’s good that you know about it already.",
            "Say: “I like it when you tell me these things.”",
            "Say: “I like it that way, and so do you.”",
            "Good that lasts is rare, so enjoy it both.",
            "Hide something nice from them.",
            "Put in something nice from you, such as a hug.",
            "If you like it, that all counts.",
            "We found it good when the sun came out.",
        ],
    );
}

#[test]
fn a_nude_picture_is_mentioned_where_it_belongs() {
    let line = "Do not copy or send on a nude picture of anyone under 18.";
    let summary = "What would you do before you share a picture of a friend?";
    let pictures = Draft { theme: "taking-pictures", worry: line, summary, ..PLAIN };
    let copying = Draft { theme: "copying", worry: line, ..PLAIN };
    judge(&[
        (Draft { worry: line, ..PLAIN }, &["nude-picture"]),
        (Draft { steps: "Never send on nude photos or videos.", ..PLAIN }, &["nude-picture"]),
        (Draft { worry: "Someone may want a nude or sexual video.", bands: "\"14+\"", ..PLAIN }, &["nude-picture"]),
        // A picture of any kind is no reason, and neither is the theme.
        (Draft { summary: "Draw a picture of the robot.", ..copying }, &["nude-picture"]),
        (Draft { summary: "Find out who took a photo, and ask for a copy.", ..copying }, &["nude-picture"]),
        (Draft { front: "skill = \"telling a fake chat from a real one\"\n", ..copying }, &["nude-picture"]),
        (Draft { steps: "Ask Sam for a picture, and draw it as a robot.", ..copying }, &["nude-picture"]),
        (Draft { summary: PLAIN.summary, ..pictures }, &["nude-picture"]),
        // The summary, the skill or the game itself is about shared, forced or faked ones.
        (pictures, &[]),
        (Draft { worry: line, summary: "What would you do if someone threatens you in a chat?", ..PLAIN }, &[]),
        (Draft { worry: line, front: "skill = \"telling a fake picture from a real one\"\n", ..PLAIN }, &[]),
        (Draft { worry: line, steps: "One of the messages is pressure to send a picture.", ..PLAIN }, &[]),
        // A text for small children never mentions one.
        (Draft { bands: "\"5-7\"", ..pictures }, &["nude-picture"]),
        (Draft { bands: "\"4-5\", \"14+\"", ..pictures }, &["nude-picture"]),
        // And other pictures are no matter.
        (Draft { worry: "Ask before you send on a picture of anyone.", ..PLAIN }, &[]),
    ]);
    let notice = |text: &str| format!("+++\ntitle = \"Today\"\nfrom = 2027-01-25\nuntil = 2027-02-14\n+++\n\n{text}\n");
    let files = [
        ("notices/off.md".to_owned(), notice(line)),
        ("notices/on.md".to_owned(), notice(&format!("Fake photos spread fast in a class chat. {line}"))),
        ("games/theme.md".to_owned(), theme("Games", "Play fair.", line)),
        ("games/plain.md".to_owned(), PLAIN.page(1)),
        ("live/theme.md".to_owned(), theme("Live calls", "Who can see you?", line)),
        ("live/plain.md".to_owned(), PLAIN.page(2)),
    ];
    let found = lint(HELP, &files);
    assert_eq!(codes_in(&found, "games/theme.md"), ["nude-picture"]);
    assert_eq!(codes_in(&found, "live/theme.md"), [] as [&str; 0]);
    assert_eq!(codes_in(&found, "notices/off.md"), ["nude-picture"]);
    assert_eq!(codes_in(&found, "notices/on.md"), [] as [&str; 0]);
}

#[test]
fn the_crisis_line_stands_beside_suicide_and_self_harm() {
    let worry = |worry| Draft { worry, bands: "\"14+\"", ..PLAIN };
    let hidden = "One message is about not wanting to die, and one says that Kim wants to die.";
    judge(&[
        (worry("A friend may speak of suicide, so listen."), &["crisis-line"]),
        (
            worry("Ask if they are hurting themselves? Say what you see, and talk about harming themselves."),
            &["crisis-line"],
        ),
        (worry("A friend may say that they don’t want to live. Tell an adult."), &["crisis-line"]),
        (worry("If they self-harm, ring Childline on 0800 1111."), &["crisis-line"]),
        (Draft { ready: hidden, ..worry("Samaritans answer on 116 123.") }, &["crisis-line"]),
        (worry("A friend may speak of suicide. Ring NHS 111 and choose the mental-health option."), &[]),
        (worry("A friend may talk about hurting themselves.\n\nSamaritans answer on 116 123."), &[]),
        (worry("If they self-harm, text Shout on 85258."), &[]),
        (worry("In Northern Ireland ring Lifeline if anyone thinks of suicide."), &[]),
        (worry("They don’t want to be alive any more? If life is at risk, ring 999."), &[]),
        (worry("Put the scissors away, so that nobody hurts themselves."), &[]),
        (worry("A child may not want to live with the other parent."), &[]),
        (worry("She said that Tom hurt himself on the swing."), &[]),
        (worry("The game ended their lives of crime."), &[]),
    ]);
    let entry = |what: &str, phone: &str| {
        format!(
            "{HELP}\n[[entries]]\nid = \"x\"\nwhen = \"A young person thinks about suicide\"\nwho = \"X\"\nwhat = \"{what}\"\nphone = \"{phone}\"\n"
        )
    };
    assert_eq!(codes_in(&lint(&entry("Talk.", "0800 1111"), &[]), "help.toml"), ["crisis-line"]);
    assert_eq!(codes_in(&lint(&entry("Talk.", "116 123"), &[]), "help.toml"), [] as [&str; 0]);
    assert_eq!(codes_in(&lint(&entry("Ring 999 if life is at risk.", "0800 1111"), &[]), "help.toml"), [] as [&str; 0]);
}

#[test]
fn adults_are_sent_to_the_nspcc_and_children_to_childline() {
    let small = |worry| Draft { worry, bands: "\"5-7\"", ..PLAIN };
    let infants = |worry| Draft { worry, bands: "\"4-5\"", ..PLAIN };
    let eight = |worry| Draft { worry, ..PLAIN };
    let teens = |worry| Draft { worry, bands: "\"11-14\"", ..PLAIN };
    judge(&[
        (small("Childline on 0800 1111 listens to you both."), &["childline-first"]),
        (small("Ring Childline on 0800 1111, or the NSPCC on 0808 800 5000."), &["childline-first"]),
        (small("Ring Childline on 0800 1111, and they can tell you both what to do."), &["childline-first"]),
        (small("People can ring Childline on 0800 1111, too."), &["childline-first"]),
        (small("Childline, a line for children, helps parents, too: ring it first."), &["childline-first"]),
        (small("Ring the NSPCC on 0808 800 5000. Childline is on 0800 1111."), &[]),
        (small("Listen. Your child can also ring Childline on 0800 1111."), &[]),
        (infants("Listen. Your child can also ring Childline on 0800 1111."), &["childline-first"]),
        (infants("An older brother or sister can ring Childline on 0800 1111."), &[]),
        (infants("Ring the NSPCC Helpline on 0808 800 5000."), &[]),
        (eight("Are you worried about your child? Ring Childline on 0800 1111."), &["childline-first"]),
        (eight("Listen to your child. They can also ring Childline on 0800 1111."), &[]),
        (eight("Show a grown-up what you saw. You can ring Childline on 0800 1111, too."), &[]),
        (teens("If you’re the adult, begin with Childline on 0800 1111."), &["childline-first"]),
        (teens("Tell an adult you trust. You can ring Childline on 0800 1111."), &[]),
        (teens("Stay with your teenager, and ring NHS 111. Childline listens, too."), &[]),
    ]);
}

#[test]
fn help_toml_is_read_as_closely() {
    let entry = |id: &str, who: &str, more: &str| {
        format!(
            "\n[[entries]]\nid = \"{id}\"\nwhen = \"You are worried\"\nwho = \"{who}\"\nphone = \"0800 1111\"\n{more}"
        )
    };
    let helpline = |nations: &str| entry("nspcc", "NSPCC Helpline", &format!("nations = [{nations}]\n"));
    let (english, rest) = (helpline("\"england\""), helpline("\"wales\", \"scotland\", \"northern-ireland\""));
    let (nspcc, childline) = (entry("nspcc", "NSPCC Helpline", ""), entry("childline", "Childline", ""));
    let older = entry("childline", "Childline", "bands = [\"8-10\", \"11-14\", \"14+\"]\n");
    let worry = |bands: &str, text: &str| format!("\n[[worry]]\nbands = [{bands}]\ntext = \"\"\"\n{text}\n\"\"\"\n");
    let long = "one two three four five ".repeat(6);
    let cases: [(String, &[&str]); 15] = [
        (format!("{childline}{nspcc}"), &["childline-first"]),
        (format!("{nspcc}{childline}"), &[]),
        (format!("{older}{nspcc}"), &[]),
        (entry("x", "Everybody’s Friend", "what = \"Ask anybody there.\"\n"), &["stilted-word"]),
        (worry("\"4-5\"", "Ring Childline on 0800 1111."), &["childline-first"]),
        (worry("\"5-7\"", "Never send on a nude picture."), &["nude-picture"]),
        (worry("\"8-10\"", "Never send on a nude picture."), &[]),
        (
            worry("\"11-14\"", "Say: “Good that you told me.”\n\nIf they self-harm, listen."),
            &["stilted-phrase", "crisis-line"],
        ),
        (worry("\"11-14\"", &format!("Say {long}.")), &["long-sentence"]),
        (worry("\"11-14\"", "**If it’s you.** Tell an adult.\n\nIf you self-harm, ring NHS 111."), &[]),
        (worry("\"14+\"", &"Short ones.\n\n".repeat(30)), &[]),
        (worry("\"14+\"", "Sit down now. Take a breath. Look at them. Say thank you."), &["staccato"]),
        (worry("\"14+\"", "Utilise a VPN when the two of you are out."), &["jargon", "jargon"]),
        (worry("\"14+\"", "If someone blackmails you over a picture (sextortion), tell an adult."), &[]),
        // The NSPCC entry above is for one nation only.
        (format!("{english}{childline}{rest}"), &["childline-first"]),
    ];
    for (more, expected) in cases {
        let found = lint(&format!("{HELP}{more}"), &[]);
        assert_eq!(codes_in(&found, "help.toml"), expected, "{more}");
        assert!(found.iter().all(|it| it.line.is_some_and(|line| line > 7)), "{found:?}");
    }
    let found = lint(&format!("{HELP}{english}{childline}{rest}"), &[]);
    assert!(found[0].message.ends_with("for the band 4-5 in Wales"), "{}", found[0].message);
    // What is advised mends it.
    let advised = "bands = [\"8-10\", \"11-14\", \"14+\"]";
    assert!(found[0].help.as_ref().is_some_and(|help| help.contains(advised)), "{:?}", found[0].help);
    let mended = entry("childline", "Childline", &format!("{advised}\n"));
    assert_eq!(codes_in(&lint(&format!("{HELP}{english}{mended}{rest}"), &[]), "help.toml"), [] as [&str; 0]);
}

#[test]
fn a_summary_names_what_is_practised() {
    let skill = "skill = \"choosing to stop, and telling someone who can help\"\n";
    let with = |summary| Draft { summary, front: skill, ..PLAIN };
    judge(&[
        (with("Sniff, hug and taste all three. Which of them is the real one?"), &["summary-without-skill"]),
        (with("Kevin the llama is trapped behind three locks."), &["summary-without-skill"]),
        (with("A song ends, and your child stops dancing at once."), &[]),
        (with("Pick who could have helped the duckling."), &[]),
        (with("Read out six messages. Which of them is funny?"), &[]),
        (with("Put on a hat. Your child practises saying no."), &[]),
        (Draft { summary: "Kevin the llama is trapped behind three locks.", ..PLAIN }, &[]),
    ]);
}

#[test]
fn the_steps_leave_time_to_talk() {
    judge_steps(
        &[
            "1. **Read (4 minutes).** Read it.\n2. **Play (7 minutes).** Play it.",
            "1. **Read (1 minute).** Read it.\n2. **Play (5 minutes each).** Play it.",
            "Read it (6 minutes).\n\nPlay it (5 minutes).",
        ],
        "too-many-minutes",
        &[
            "1. **Read (4 minutes).** Read it.\n2. **Play (6 minutes).** Play it.",
            "1. **Read (2 minutes each).** Read it.\n2. **Play (6 minutes).** Play it (3 minutes), then swap (3 minutes).",
            "1. **Read (9 minutes).** Read it (this is 20 minutes in the film).\n2. Stop.",
        ],
    );
}

#[test]
fn words_that_parents_search_for_are_wanted_with_an_explanation() {
    judge_steps(
        &[
            "This is sextortion, and it is a crime.",
            "Beware of grooming in games.",
            "Is it a deepfake or is it real?",
            "The prize is a loot box.",
            "Beware of malware in games.",
            "Grooming is a crime.",
            "Deepfakes are getting better.",
            "They said ‘sextortion’ again.",
        ],
        "jargon",
        &[
            "Stand in line with your child and wait.",
            "Follow the signpost to the park gate.",
            "The troll under the bridge stamps its foot.",
            "Brush the pony and finish the grooming.",
            "This is sextortion (being blackmailed over a picture), and it is a crime.",
            "It can be grooming, which means winning a child’s trust to abuse them.",
            "A deepfake is a false picture that looks real.",
            "The prize is a loot box (a surprise that costs money).",
        ],
    );
    // The skill and the summary are read before the body, where an explanation comes too late.
    let late = "Phishing means a message that lies. Sextortion means blackmail over a picture.";
    let skill = |front| Draft { front, steps: late, ..PLAIN };
    judge(&[
        (skill("skill = \"spotting phishing and sextortion\"\n"), &["jargon", "jargon"]),
        (skill("skill = \"spotting sextortion (blackmail over a picture)\"\n"), &[]),
        (skill("say = \"I can spot phishing and sextortion.\"\n"), &[]),
    ]);
    let draft = Draft { steps: "Beware of grooming and malware.", ..PLAIN };
    let found = lint(HELP, &[("kindness/x.md".to_owned(), draft.page(1))]);
    let help = |word: &str| found.iter().find(|it| it.message.contains(word)).and_then(|it| it.help.clone()).unwrap();
    assert!(help("grooming").contains("explain it at first use") && !help("grooming").contains("other words"));
    assert!(help("malware").contains("say it in other words"));
}

#[test]
fn a_finding_says_where_and_what_to_do_and_few_say_it_often() {
    let steps = "Tell somebody about it, and whom you want.\n\n".repeat(30);
    let draft = Draft { steps: steps.leak(), ..PLAIN };
    let found = lint(HELP, &[("kindness/x.md".to_owned(), draft.page(1))]);
    let here: Vec<_> = found.iter().filter(|it| it.code == "stilted-word").collect();
    assert_eq!(here.len(), 20);
    assert_eq!((here[0].line, here[0].column), (Some(16), Some(6)));
    assert_eq!((here[1].line, here[1].column), (Some(16), Some(29)));
    assert!(found.iter().all(|it| it.level == Level::Warning && it.help.as_ref().is_some_and(|help| !help.is_empty())));
}
