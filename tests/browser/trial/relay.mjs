// A mail server that keeps what it takes, and knows no mailbox whose address begins with “gone”.

import { createServer } from "node:net";

export async function relay() {
  const mails = [];
  const server = createServer((socket) => {
    let [text, to, isContent] = ["", "", false];
    const say = (line) => socket.write(`${line}\r\n`);
    const heard = (line) => {
      if (/^EHLO/i.test(line)) say("250-relay.example\r\n250-PIPELINING\r\n250 8BITMIME");
      else if (/^RCPT/i.test(line)) {
        to = line.match(/<(.*)>/)[1];
        say(to.startsWith("gone") ? "550 5.1.1 The email account that you tried to reach does not exist." : "250 2.1.5 ok");
        if (to.startsWith("gone")) to = "";
      } else if (/^DATA/i.test(line)) {
        isContent = to !== "";
        say(isContent ? "354 go on" : "554 5.5.1 no valid recipients");
      } else if (/^QUIT/i.test(line)) socket.end("221 2.0.0 bye\r\n");
      else say("250 2.0.0 ok");
    };
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (;;) {
        const end = isContent ? text.indexOf("\r\n.\r\n") : text.indexOf("\r\n");
        if (end < 0) return;
        const part = text.slice(0, end);
        text = text.slice(end + (isContent ? 5 : 2));
        if (isContent) {
          mails.push({ to, raw: part });
          isContent = false;
          say("250 2.0.0 taken");
        } else heard(part);
      }
    });
    say("220 relay.example ESMTP");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { mails, port: server.address().port };
}

// The HTML of a mail, and its subject.
export function opened({ raw }) {
  const html = raw.slice(raw.search(/^content-type: text\/html/im));
  const body = html.slice(html.indexOf("\r\n\r\n") + 4).split(/\r\n--[^\r\n]+/)[0];
  const octets = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  return { subject: raw.match(/^Subject: (.*(?:\r\n[ \t].*)*)/im)[1].replace(/\r\n/g, ""), html: Buffer.from(octets, "latin1").toString() };
}
