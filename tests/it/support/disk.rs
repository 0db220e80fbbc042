//! Disks of our own, which may be full, and are gone at the end.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::skipped;

pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command.args(arguments).env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A file system of our own, unmounted at the end.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// None where we may not mount, which is said.
    #[track_caller]
    pub(crate) fn new(at: &Path, what: &str, arguments: &[&str]) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let place = at.display().to_string();
        if succeeds("mount", &[arguments, &[place.as_str()]].concat()) {
            return Some(Self(at.to_owned()));
        }
        skipped(what, "this needs root and the right to mount");
        None
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        succeeds("umount", &["-l", &self.0.display().to_string()]);
    }
}

/// Fills the disk that this folder is on to its last page. Returns the file that takes the room.
pub(crate) fn fill(folder: &Path) -> PathBuf {
    let filler = folder.join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    filler
}
