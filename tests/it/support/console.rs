//! A browser without a screen: signs in to a running console, follows links, and posts forms with what they carry.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::fixture::{Fixture, until};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    /// Where it leads, as it was written.
    pub(crate) location: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
    }

    /// What a reader sees, without tags, on one line.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.body.as_str();
        while let Some((before, tag)) = rest.split_once('<') {
            text.push_str(before);
            text.push(' ');
            rest = tag.split_once('>').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        let text = text
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
        text.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        self
    }

    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        let text = self.text();
        assert!(text.contains(what), "no “{what}” in:\n{text}");
        self
    }

    #[track_caller]
    pub(crate) fn lacks(self, what: &str) -> Self {
        let text = self.text();
        assert!(!text.contains(what), "“{what}” is in:\n{text}");
        self
    }
}

/// One browser.
pub(crate) struct Browser {
    port: u16,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The token of the last page's forms.
    token: RefCell<String>,
}

impl Browser {
    /// One that knows nobody yet.
    pub(crate) fn new(port: u16) -> Self {
        Self { port, cookies: RefCell::default(), token: RefCell::default() }
    }

    /// One that came in by the link that the program printed on its standard output.
    pub(crate) fn first(fixture: &Fixture) -> Self {
        let (port, path) = Self::link(fixture);
        let browser = Self::new(port);
        browser.get(&path).is(200).says("Open the console");
        browser.post(&path, &[]).is(303);
        browser
    }

    /// The port of a console without users, and the path of the link that it printed.
    pub(crate) fn link(fixture: &Fixture) -> (u16, String) {
        let (mut port, mut path) = (0, String::new());
        until("the console prints its link", || {
            let said = std::fs::read_to_string(fixture.path("log.out")).unwrap_or_default();
            let Some(link) = said.lines().find_map(|line| line.trim().strip_prefix("http://127.0.0.1:")) else {
                return false;
            };
            let Some((number, rest)) = link.split_once('/') else { return false };
            (port, path) = (number.parse().unwrap(), format!("/{rest}"));
            true
        });
        (port, path)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let answer = self.ask("GET", path, "", "");
        if let Some((_, rest)) = answer.body.split_once("name=\"form_token\" value=\"") {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.token.borrow_mut());
        }
        answer
    }

    /// Posts these fields with the token of the last page.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.borrow().clone();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("form_token", &token).extend_pairs(fields);
        let origin = format!("Origin: http://127.0.0.1:{}\r\n", self.port);
        self.ask("POST", path, &origin, &form.finish())
    }

    /// Looks at a question, presses its button with these fields beside what it carries, and follows to the page that says what
    /// came of it.
    #[track_caller]
    pub(crate) fn decide(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.press(path, fields).is(303);
        self.get(answer.header("location").expect("the next page"))
    }

    /// The answer to the button of a question, with these fields beside what it carries.
    #[track_caller]
    pub(crate) fn press(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).is(200);
        self.press_on(&page, fields)
    }

    /// As [`Self::press`], on a page that is there already.
    #[track_caller]
    pub(crate) fn press_on(&self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = hidden(&page.body);
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(name, _)| *name != "form_token" && !fields.iter().any(|(given, _)| given == name));
        all.extend(fields);
        let action = page.body.split("<form method=\"post\" action=\"").last().and_then(|rest| rest.split('"').next());
        let action = action.expect("a form").replace("&amp;", "&");
        self.post(&action, &all)
    }

    /// Sends a file, and these fields with the token of the last page.
    pub(crate) fn post_file(&self, path: &str, fields: &[(&str, &str)], file: &str) -> Answer {
        let token = self.token.borrow().clone();
        let mut body = String::new();
        for (name, value) in fields.iter().copied().chain([("form_token", token.as_str())]) {
            body += &format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\n\r\n";
        body += &format!("{file}\r\n--limit--\r\n");
        self.send("POST", path, "", "multipart/form-data; boundary=limit", &body)
    }

    /// A request with the cookie, and with these header lines.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.send(method, path, headers, "application/x-www-form-urlencoded", body)
    }

    fn send(&self, method: &str, path: &str, headers: &str, kind: &str, body: &str) -> Answer {
        let host = if headers.to_ascii_lowercase().contains("host:") {
            String::new()
        } else {
            format!("Host: 127.0.0.1:{}\r\n", self.port)
        };
        let cookie = self.cookie().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{host}{headers}{cookie}Connection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        // Whoever sends too much is not heard to the end.
        let _ = stream.write_all(body.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let answer = String::from_utf8(bytes).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let lines = || head.lines().filter_map(|line| line.split_once(": "));
        let of = |wanted| lines().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
        of("set-cookie").for_each(|cookie| self.keep(cookie));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let location = of("location").next().unwrap_or_default().to_owned();
        let head = head.to_ascii_lowercase();
        Answer { status, location, body: unchunked(&head, body), head }
    }

    fn keep(&self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|cookie| cookie.split_once('=')) else { return };
        if value.is_empty() {
            self.cookies.borrow_mut().remove(name);
        } else {
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
    }

    /// What a page that figures move on is told, as it comes.
    pub(crate) fn events(&self, path: &str) -> Events {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let cookie = self.cookie().unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {cookie}\r\n\r\n", self.port).unwrap();
        Events(BufReader::new(stream))
    }

    /// Signs in.
    pub(crate) fn sign_in(&self, address: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("address", address), ("password", password)])
    }

    /// Its cookies, as it sends them.
    pub(crate) fn cookie(&self) -> Option<String> {
        let cookies = self.cookies.borrow();
        let all: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// A browser that stole the cookies, or kept old ones.
    pub(crate) fn with_cookie(&self, cookie: Option<String>) -> Self {
        let browser = Self { token: RefCell::new(self.token.borrow().clone()), ..Self::new(self.port) };
        cookie.unwrap_or_default().split("; ").for_each(|cookie| browser.keep(cookie));
        browser
    }
}

/// Server-sent events (HTML Living Standard §9.2.6).
pub(crate) struct Events(BufReader<TcpStream>);

impl Iterator for Events {
    /// Its name, empty for the usual one, and its data.
    type Item = (String, String);

    fn next(&mut self) -> Option<(String, String)> {
        let (mut name, mut data) = (String::new(), None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The lengths of chunks in between, and the answer's head, name no field.
            match line.trim_end().split_once(':') {
                Some(("event", value)) => value.trim().clone_into(&mut name),
                Some(("data", value)) => data = Some(value.trim().to_owned()),
                None if line.trim_end() == "0" => return None,
                None if line == "\n" => {
                    if let Some(data) = data.take() {
                        return Some((name, data));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The hidden fields of a page's forms.
fn hidden(body: &str) -> Vec<(String, String)> {
    let parts = body.split("<input type=\"hidden\" name=\"").skip(1);
    let field = |part: &str| {
        let (name, rest) = part.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.replace("&amp;", "&").replace("&#x27;", "'")))
    };
    parts.filter_map(field).collect()
}

fn unchunked(head: &str, body: &str) -> String {
    if !head.contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let mut whole = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}

/// Adds a user with the command, sets a password by the link that it prints, and returns a browser that is signed in.
pub(crate) fn user(fixture: &Fixture, now: &str, port: u16, address: &str, role: &str) -> Browser {
    let ran = fixture.at(now, &["users", "add", address, "--role", role]).exits(0);
    let link = ran.stdout.lines().find(|line| line.contains("/sign-in/link/")).expect("a link").to_owned();
    let path = format!("/sign-in/link/{}", link.rsplit('/').next().unwrap());
    let browser = Browser::new(port);
    browser.get(&path).is(200).says("choose a password");
    browser.post(&path, &[("password", PASSWORD)]).is(303);
    browser
}

/// The password of every user of a test.
pub(crate) const PASSWORD: &str = "kettle daisy fox parade";
