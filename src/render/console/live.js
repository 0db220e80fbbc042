// Keeps the figures of a page up to date while somebody looks at it. Everything works without this file.
const source = new EventSource(document.body.dataset.live);
source.onmessage = (event) => {
  for (const [id, text] of Object.entries(JSON.parse(event.data))) {
    for (const place of document.querySelectorAll(`[data-figure="${CSS.escape(id)}"]`)) {
      if (place instanceof HTMLProgressElement) {
        place.value = Number(text);
      } else if (place.textContent !== text) {
        place.textContent = text;
      }
    }
  }
};
// The page that comes next has its own figures; what changed since is on it already.
source.addEventListener("over", () => {
  source.close();
  location.reload();
});
