//! The console behind Debian's nginx, set up with the README's own lines, and with https: at the root and under a path.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use super::trial::tried;
use crate::support::fixture::{BASE, Fixture, Running, until};
use crate::support::ports::free_port;
use crate::support::{root, skipped};

/// Where Debian puts it, which is not on everyone's path.
const NGINX: &str = "/usr/sbin/nginx";

/// The README's blocks for nginx: at the root, and under a path.
fn blocks() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = readme.split("```nginx\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// nginx with a certificate of our own, and this block for `console.example.org`.
fn nginx(fixture: &Fixture, port: u16, block: &str) -> Running {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=console.example.org", "-addext", "subjectAltName=DNS:console.example.org"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(fixture.path("."))
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let folder = fixture.path(".").display().to_string();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
        .concat();
    // Started as root, its workers would be someone else, who may not read the folder.
    let user = if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        "user root;\n"
    } else {
        ""
    };
    let config = format!(
        "{user}daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\n\
         http {{\naccess_log off;\n{paths}server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name console.example.org;\n\
         ssl_certificate {folder}/certificate.pem;\nssl_certificate_key {folder}/key.pem;\n{block}}}\n}}\n"
    );
    fixture.write("nginx.conf", &config);
    let log = fs::File::create(fixture.path("nginx.out")).unwrap();
    let mut nginx = Command::new(NGINX);
    nginx.args(["-c", &format!("{folder}/nginx.conf"), "-p", &folder, "-e", &format!("{folder}/nginx.log")]);
    let mut nginx = Running(nginx.stdin(Stdio::null()).stderr(log).spawn().unwrap());
    until("nginx listens", || {
        let said = || fs::read_to_string(fixture.path("nginx.out")).unwrap_or_default();
        assert!(nginx.0.try_wait().unwrap().is_none(), "{}", said());
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    nginx
}

/// Tries the console behind a block of the README.
fn behind(block: &str, path: &str) {
    if Command::new(NGINX).arg("-v").stderr(Stdio::null()).status().is_err() {
        skipped("the console behind nginx", "nginx is not installed: install the Debian package nginx-light");
        return;
    }
    let (console, port) = (free_port(), free_port());
    let url = format!("https://console.example.org:{port}{path}");
    let web = format!(
        "console_listen = \"127.0.0.1:{console}\"\nconsole_url = \"{url}\"\ntrusted_proxies = [\"127.0.0.1\"]\n"
    );
    let config = BASE.replace("console_listen = \"127.0.0.1:0\"\n", &web);
    let fixture = Fixture::new(&format!("{config}\n[mail]\nrate_per_second = 5\n"));
    let _nginx = nginx(&fixture, port, &block.replace("127.0.0.1:8026", &format!("127.0.0.1:{console}")));
    tried(&json!({
        "steps": "proxied", "program": env!("CARGO_BIN_EXE_fortnightly"), "folder": fixture.path("."), "console": console,
        "url": url, "arguments": ["--host-resolver-rules=MAP console.example.org 127.0.0.1"],
    }));
}

#[test]
fn it_works_behind_the_readmes_nginx_at_the_root() {
    behind(&blocks()[0], "");
}

#[test]
fn it_works_behind_the_readmes_nginx_under_a_path() {
    let blocks = blocks();
    assert_eq!(blocks.len(), 2, "a block without a test");
    behind(&blocks[1], "/fortnightly");
}
