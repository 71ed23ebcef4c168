// Buttons, and the choice of streams and events.

const MOST_ROWS_AT_FIRST = 8;
const MOST_CHANNELS_AT_FIRST = 4;
const FEW_CHANNELS = 6;

function button(text, label, act) {
  const made = element("button", { type: "button", "aria-label": label, title: label }, text);
  made.addEventListener("click", act);
  return made;
}

function toolbar(app) {
  const select = button("Select", "Drag selects what to zoom to, instead of moving", () => {
    app.selects = !app.selects;
    select.setAttribute("aria-pressed", app.selects);
  });
  const fit = button("Fit heights", "Heights fit what is in view; else the whole recording", () => {
    app.fitted = !app.fitted;
    fit.setAttribute("aria-pressed", app.fitted);
    app.change();
  });
  select.setAttribute("aria-pressed", false);
  fit.setAttribute("aria-pressed", app.fitted);
  return element(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Window of the explorer" },
    button("Whole", "Whole recording (0)", () => app.showAll()),
    button("−", "Zoom out (-)", () => app.zoom(2)),
    button("+", "Zoom in (+)", () => app.zoom(0.5)),
    button("←", "Earlier (left arrow)", () => app.pan(-0.5)),
    button("→", "Later (right arrow)", () => app.pan(0.5)),
    button("‹ event", "Previous event (p)", () => app.goToEvent(-1)),
    button("event ›", "Next event (n)", () => app.goToEvent(1)),
    select,
    fit,
  );
}

// Channels shown at first: of raw streams and those with events, as many as fit on a screen.
function chosenAtFirst(streams) {
  const chosen = new Map();
  let rows = 0;
  for (const stream of streams) {
    const count = Math.min(stream.channels.length, MOST_CHANNELS_AT_FIRST);
    const fits = chosen.size === 0 || rows + count <= MOST_ROWS_AT_FIRST;
    chosen.set(stream.name, new Set(fits ? Array.from({ length: count }, (_, n) => n) : []));
    if (fits) rows += count;
  }
  return chosen;
}

function choice(app) {
  const lists = element("div", { class: "lists" });
  for (const stream of app.streams) lists.append(streamChoice(app, stream));
  if (app.events.length) lists.append(eventChoice(app));
  return element("details", { class: "choice" }, element("summary", {}, "Streams and events"), lists);
}

function streamChoice(app, stream) {
  const chosen = app.chosen.get(stream.name);
  const boxes = stream.channels.map((name, channel) =>
    box(name, chosen.has(channel), (on) => {
      if (on) chosen.add(channel);
      else chosen.delete(channel);
      all.input.checked = chosen.size > 0;
      app.rebuild();
    }),
  );
  const all = box(stream.name, chosen.size > 0, (on) => {
    chosen.clear();
    const count = Math.min(stream.channels.length, MOST_CHANNELS_AT_FIRST);
    for (let channel = 0; on && channel < count; channel += 1) chosen.add(channel);
    boxes.forEach(({ input }, channel) => (input.checked = chosen.has(channel)));
    app.rebuild();
  });
  const channels = element("div", { class: "channels" }, ...boxes.map(({ label }) => label));
  const size = boxes.length > FEW_CHANNELS ? "many" : "few";
  return element("fieldset", { class: size }, element("legend", {}, all.label), channels);
}

function eventChoice(app) {
  const boxes = app.events.map((events) =>
    box(`${events.name} (${events.count})`, events.shown, (on) => {
      events.shown = on;
      app.rebuild();
    }),
  );
  const all = element("div", { class: "channels" }, ...boxes.map(({ label }) => label));
  return element("fieldset", {}, element("legend", {}, "events"), all);
}

function box(text, checked, act) {
  const input = element("input", { type: "checkbox" });
  input.checked = checked;
  input.addEventListener("change", () => act(input.checked));
  return { input, label: element("label", {}, input, ` ${text}`) };
}

// A bar as wide as the recording, with the window on it; a drag or click moves the window.
function overviewBar(app) {
  const thumb = element("div", { class: "thumb" });
  const bar = element("div", { class: "overview", "aria-hidden": "true" }, thumb);
  const go = (event) => {
    const { left, width } = bar.getBoundingClientRect();
    const { start, end } = app.span;
    const middle = start + ((event.clientX - left) / width) * (end - start);
    const half = (app.window.end - app.window.start) / 2;
    app.show(middle - half, middle + half);
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    go(event);
  });
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) go(event);
  });
  const update = () => {
    const { start, end } = app.span;
    thumb.style.left = `${(100 * (app.window.start - start)) / (end - start)}%`;
    thumb.style.width = `${(100 * (app.window.end - app.window.start)) / (end - start)}%`;
  };
  return { bar, update };
}
