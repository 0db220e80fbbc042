// Checks and shows a text while someone writes it. Everything works without this file: there's a button that does the same.
const form = document.querySelector("form[data-preview]");
const looked = document.getElementById("looked");
const WAIT = 700;
let timer = 0;
let asked = 0;

// What is shown is replaced; frames only when the text is another one, so that nobody loses their place in them.
const show = (page) => {
  const next = new DOMParser().parseFromString(page, "text/html");
  const findings = next.getElementById("findings");
  const frames = next.getElementById("frames");
  if (!findings || !frames) throw new Error("not our answer");
  document.getElementById("findings").replaceWith(findings);
  const old = document.getElementById("frames");
  if (old.dataset.key !== frames.dataset.key && frames.querySelector("iframe")) {
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    [...frames.querySelectorAll("details")].forEach((one, at) => { if (at in open) one.open = open[at]; });
    old.replaceWith(frames);
  }
  looked.dataset.state = "";
};

const check = async () => {
  const mine = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("fragment", "1");
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body, redirect: "manual" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = await answer.text();
    // Of two answers, the later one counts, whichever comes first.
    if (mine === asked) show(page);
  } catch {
    if (mine === asked) looked.dataset.state = "failed";
  }
};

form.addEventListener("input", () => {
  clearTimeout(timer);
  looked.dataset.state = "waiting";
  timer = setTimeout(check, WAIT);
});

// What was written isn't lost by a click in the wrong place.
let isSaved = true;
form.addEventListener("input", () => { isSaved = false; });
form.addEventListener("submit", () => { isSaved = true; });
addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });
