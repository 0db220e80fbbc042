// Keeps the figures of a page up to date while someone looks at it. Everything works without this file.
const url = document.body.dataset.live;
const title = document.title;
const edition = (name) => name.split(".")[0];

const show = (figures) => {
  const places = [...document.querySelectorAll("[data-figure]")];
  const moving = new Set(Object.keys(figures).map(edition));
  const shown = new Set(places.map((place) => edition(place.dataset.figure)));
  const isMissing = "all" in document.body.dataset && [...moving].some((one) => !shown.has(one));
  // An edition has begun or ended: the page looks different now.
  if (isMissing || [...shown].some((one) => !moving.has(one))) {
    location.reload();
    return;
  }
  for (const place of places) {
    const text = figures[place.dataset.figure];
    if (text === undefined) continue;
    if (place instanceof HTMLProgressElement) {
      place.value = Number(text.replaceAll(",", ""));
      // For someone who has another page in front of this one.
      document.title = `${Math.floor((100 * place.value) / place.max)} % · ${title}`;
    } else if (place.textContent !== text) {
      place.textContent = text;
    }
  }
};

// A browser opens few connections to one site (six, over HTTP/1.1), and each stream holds one. So only one of the open pages
// listens, and it tells the others. No figures at all mean that each page has to be loaded again.
const pages = new BroadcastChannel(url);
const hear = (figures) => (figures ? show(figures) : location.reload());
pages.onmessage = ({ data }) => hear(data);
const tell = (figures) => {
  pages.postMessage(figures);
  hear(figures);
};

const listen = () => {
  const source = new EventSource(url);
  source.onmessage = ({ data }) => tell(JSON.parse(data));
  source.addEventListener("over", () => {
    source.close();
    tell(null);
  });
  source.onerror = async () => {
    // When a connection just ends, the browser opens another by itself.
    if (source.readyState !== EventSource.CLOSED) return;
    const answer = await fetch(url, { method: "HEAD", redirect: "manual" }).catch(() => null);
    // Someone who has been signed out is taken to the sign-in page; a proxy whose service is restarting is asked again.
    if (answer?.type === "opaqueredirect") tell(null);
    else setTimeout(listen, 5_000);
  };
};
if (navigator.locks) {
  // When this page is closed, it's another one's turn.
  navigator.locks.request(url, () => new Promise(listen));
} else {
  listen();
}
