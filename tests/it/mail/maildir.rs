//! The Maildir: one file per delivery, whatever happens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{Maildir, Transport};

use super::{handover, message, with_unix_lines};
use crate::support::disk::{Mount, fill};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    list.sort();
    list
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_message_becomes_a_file() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("var/mail");
    let mut maildir = Maildir::open(&path).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    let outcome = maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let new = files(&path.join("new"));
    assert_eq!(new.len(), 1);
    let name = new[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("1788764400.e7-r12_") && name.ends_with(".fortnightly"), "{name}");
    assert!(!name.contains([':', '/']));
    let wanted = format!(
        "Return-Path: <bounces+baaabbbcccdddeeefffggghhhiii@example.org>\nDelivered-To: office@hillside.example\n{}",
        with_unix_lines(&bytes)
    );
    assert_eq!(fs::read_to_string(&new[0]).unwrap(), wanted);
    assert_eq!((mode(&path), mode(&path.join("new")), mode(&new[0])), (0o700, 0o700, 0o600));
    assert!(files(&path.join("tmp")).is_empty());
}

#[tokio::test]
async fn the_same_delivery_is_one_file() {
    let root = tempfile::tempdir().unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    for _ in 0..2 {
        let mut maildir = Maildir::open(root.path()).unwrap();
        for _ in 0..2 {
            assert!(matches!(maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await, Outcome::Accepted(_)));
        }
    }
    let mut maildir = Maildir::open(root.path()).unwrap();
    let new = files(&root.path().join("new"));
    assert_eq!(new.len(), 1);
    // A mail program moves it to `cur` and flags it, with and without our noticing.
    for flags in ["", ":2,", ":2,FS"] {
        for entry in files(&root.path().join("cur")) {
            fs::remove_file(entry).unwrap();
        }
        let name = format!("{}{flags}", new[0].file_name().unwrap().to_str().unwrap());
        fs::write(root.path().join("cur").join(name), "seen").unwrap();
        let _ = fs::remove_file(&new[0]);
        assert!(matches!(maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await, Outcome::Accepted(_)));
        assert!(files(&root.path().join("new")).is_empty(), "written again despite {flags:?} in cur");
    }
}

#[tokio::test]
async fn another_delivery_is_another_file() {
    let root = tempfile::tempdir().unwrap();
    let mut maildir = Maildir::open(root.path()).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    maildir.deliver(handover(&envelope, "e7/../r:13"), &bytes, None).await;
    maildir.deliver(handover(&envelope, "e7-r12"), b"Subject: other\r\n\r\n", None).await;
    assert_eq!(files(&root.path().join("new")).len(), 3);
}

#[tokio::test]
async fn what_a_killed_process_left_in_tmp_is_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let mut maildir = Maildir::open(root.path()).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    let file = files(&root.path().join("new")).remove(0);
    let whole = fs::read(&file).unwrap();
    let draft = root.path().join("tmp").join(file.file_name().unwrap());
    fs::remove_file(&file).unwrap();
    fs::write(&draft, vec![b'x'; whole.len() + 100]).unwrap();
    assert!(matches!(maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await, Outcome::Accepted(_)));
    assert_eq!(fs::read(&file).unwrap(), whole);
    assert!(!draft.exists());
}

#[tokio::test]
async fn what_cannot_be_written_is_tried_again() {
    let root = tempfile::tempdir().unwrap();
    let mut maildir = Maildir::open(root.path()).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    fs::remove_dir(root.path().join("tmp")).unwrap();
    let Outcome::Transient(reply) = maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await else {
        panic!("a missing folder is not temporary");
    };
    assert!(reply.text.contains("could not be written"), "{reply}");
    fs::write(root.path().join("plain"), "").unwrap();
    let error = Maildir::open(&root.path().join("plain")).unwrap_err().to_string();
    assert!(error.contains("plain/tmp") && error.contains("mail.transport"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_said_plainly_and_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(root.path(), "a full disk", &["-t", "tmpfs", "-o", "size=256k", "tmpfs"]) else {
        return;
    };
    let mut maildir = Maildir::open(root.path()).unwrap();
    let filler = fill(root.path());
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    let outcome = maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    let Outcome::Transient(reply) = outcome else { panic!("{outcome:?}") };
    assert!(reply.text.starts_with("the disk is full"), "{reply}");
    assert!(files(&root.path().join("tmp")).is_empty() && files(&root.path().join("new")).is_empty());
    fs::remove_file(filler).unwrap();
    assert!(matches!(maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await, Outcome::Accepted(_)));
}

#[tokio::test]
async fn a_link_in_the_place_of_a_draft_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let mut maildir = Maildir::open(root.path()).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    let sent = files(&root.path().join("new")).remove(0);
    fs::remove_file(&sent).unwrap();
    let foreign = root.path().join("foreign");
    fs::write(&foreign, "someone else's").unwrap();
    std::os::unix::fs::symlink(&foreign, root.path().join("tmp").join(sent.file_name().unwrap())).unwrap();
    assert!(matches!(maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await, Outcome::Accepted(_)));
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "someone else's");
    assert!(fs::symlink_metadata(&sent).unwrap().is_file());
}

/// The standard library of another language reads what we wrote.
#[tokio::test]
async fn python_reads_it_too() {
    let root = tempfile::tempdir().unwrap();
    let mut maildir = Maildir::open(root.path()).unwrap();
    let (envelope, bytes) = message("office@hillside.example", "e7-r12").unwrap();
    maildir.deliver(handover(&envelope, "e7-r12"), &bytes, None).await;
    let program = "import sys, mailbox, email, email.policy\n\
        box = mailbox.Maildir(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, policy=email.policy.default))\n\
        [m] = list(box)\n\
        assert not m.defects, m.defects\n\
        print(m['Subject']); print(m['To']); print(m['Return-Path'])\n\
        print(m.get_body(('plain',)).get_content().splitlines()[0])\n";
    let output = std::process::Command::new("python3").args(["-c", program]).arg(root.path()).output();
    let Ok(output) = output else {
        return crate::support::skipped("reading a Maildir with Python", "install the Debian package python3");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "Kind words: 15-minute activities for ages 4–5 and 8–10\noffice@hillside.example\n\
         <bounces+baaabbbcccdddeeefffggghhhiii@example.org>\nDear families of St. Mary's & Tŷ'r Ysgol <Primary>,\n"
    );
}
