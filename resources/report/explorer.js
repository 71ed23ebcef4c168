// The explorer of a recording's page: all streams and events on one time axis, down to samples.

// Paper is white and about this wide.
const PRINT_PX = 680;

function printed(app, on) {
  app.root.classList.toggle("printing", on);
  app.printWidth = on ? PRINT_PX : undefined;
  for (const row of app.list) row.restyle();
  app.draw();
}

function begin() {
  const root = document.getElementById("explorer");
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const app = new Explorer(root, data);
  window.dspant_tile = (key, ...tile) => app.tiles.arrive(key, decodeTile(...tile));
  window.dspant_part = (key, part) => app.tiles.arrive(key, { part, bytes: 0 });
  root.dspant = {
    visible: () => app.visible(),
    settled: () => app.settled(),
    show: (start, end) => app.show(start, end),
    window: () => ({ ...app.window }),
    held: () => app.tiles.bytes,
    keepAtMost: (bytes) => (app.tiles.limit = bytes),
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => app.restyle());
  window.addEventListener("hashchange", () => app.followAddress());
  window.addEventListener("beforeprint", () => printed(app, true));
  window.addEventListener("afterprint", () => printed(app, false));
  app.followAddress();
  app.draw(); // at once: a page in a background tab is asked for no pictures
}

begin();
