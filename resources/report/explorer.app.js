// The explorer itself: its window on the recording, its rows, and what the cursor tells.

const LEAST_SAMPLES = 8;
const HASH = /^#t=(-?[\d.]+),(-?[\d.]+)$/;
const HASH_DELAY_MS = 300;
const MOST_TOLD = 3;

class Explorer {
  constructor(root, data) {
    this.root = root;
    this.tiles = new Tiles(data.tiles, () => this.change());
    this.span = { start: data.span[0], end: data.span[1] };
    this.window = { ...this.span };
    this.streams = data.streams.map((facts) => new Stream(facts, data, this.tiles));
    this.events = data.epocs.map((facts, n) => new Events(facts, data, this.tiles, n));
    for (const events of this.events) events.shown = events.chosen;
    this.chosen = chosenAtFirst(this.streams);
    this.fitted = true;
    this.selects = false;
    this.cursor = null;
    this.waiting = [];
    this.keepInlineParts(data);
    this.build();
  }

  keepInlineParts(data) {
    for (const [key, ...tile] of data.inline) this.tiles.pin(key, decodeTile(...tile));
    for (const [key, part] of data.parts) this.tiles.pin(key, { part });
  }

  build() {
    this.status = element("output", { class: "status" });
    this.overview = overviewBar(this);
    this.rows = element("div", {
      class: "rows",
      tabindex: "0",
      role: "application",
      "aria-label": "Signals and events over time. Arrows move, plus and minus zoom, 0 shows all, n and p go to events.",
    });
    this.line = element("div", { class: "cursor", hidden: "" });
    this.tip = element("div", { class: "tip", hidden: "" });
    this.problem = element("p", { class: "note", hidden: "" });
    const help = element("p", { class: "legend" }, "Drag to move, Shift and drag to select, double-click for the whole. The wheel zooms after a click here, or with Ctrl.");
    const top = element("div", { class: "top" }, toolbar(this), this.status);
    this.root.append(top, choice(this), this.overview.bar, this.rows, this.problem, help);
    listen(this);
    new ResizeObserver(() => this.change()).observe(this.rows);
    this.rebuild();
  }

  // Rows anew, after another choice.
  rebuild() {
    for (const row of this.list ?? []) row.restyle();
    const signals = this.streams.flatMap((stream) =>
      [...this.chosen.get(stream.name)].sort((a, b) => a - b).map((channel) => new SignalRow(this, stream, channel)),
    );
    const lanes = this.events.filter(({ shown }) => shown).map((events) => new LaneRow(this, events));
    this.list = [...lanes, ...signals, new AxisRow(this)];
    const kept = [this.line, this.tip, ...this.rows.querySelectorAll(".selection")];
    this.rows.replaceChildren(...this.list.map((row) => row.element), ...kept);
    this.change();
  }

  restyle() {
    for (const row of this.list) row.restyle();
    this.change();
  }

  // Asks for one drawing before the next picture on the screen.
  change() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = undefined;
    this.width = Math.floor(this.printWidth ?? this.rows.clientWidth);
    if (this.width < 2 * GUTTER) return;
    this.plotWidth = this.width - GUTTER - RIGHT;
    this.tickSpace = this.width < 600 ? 84 : 96;
    this.colours = colours(this.root);
    for (const row of this.list) row.draw();
    this.overview.update();
    this.say();
    this.tiles.dropOld(4 * this.list.length);
    this.tellProblem();
    if (this.tiles.loading.size === 0 && this.frame === undefined) this.settle();
  }

  settle() {
    const waiting = this.waiting;
    this.waiting = [];
    queueMicrotask(() => waiting.forEach((resolve) => resolve()));
  }

  tellProblem() {
    this.problem.hidden = this.tiles.missing.size === 0;
    this.problem.textContent = `Finer parts could not be loaded from the folder ${this.tiles.address} beside this page: it has to be copied with the page.`;
  }

  get shortest() {
    const fastest = Math.max(...this.streams.map(({ fs }) => fs), 1);
    return Math.min(LEAST_SAMPLES / fastest, this.span.end - this.span.start);
  }

  // Shows a window, moved and limited so that it lies in the recording.
  show(start, end) {
    const all = this.span.end - this.span.start;
    const length = Math.min(Math.max(end - start, this.shortest), all);
    const middle = end - start < this.shortest ? (start + end - length) / 2 : start;
    const from = Math.min(Math.max(middle, this.span.start), this.span.end - length);
    this.window = { start: from, end: from + length };
    this.keepInAddress();
    this.change();
  }

  showAll() {
    this.show(this.span.start, this.span.end);
  }

  zoom(factor, around = (this.window.start + this.window.end) / 2) {
    const { start, end } = this.window;
    const length = Math.max((end - start) * factor, this.shortest);
    const from = around - ((around - start) / (end - start)) * length;
    this.show(from, from + length);
  }

  pan(parts) {
    const { start, end } = this.window;
    this.show(start + parts * (end - start), end + parts * (end - start));
  }

  // Moves the window to the onset before or after its middle.
  goToEvent(step) {
    const { start, end } = this.window;
    const middle = (start + end) / 2;
    const near = (end - start) * 1e-6;
    const shown = this.events.filter((events) => events.shown);
    const before = ({ onset }) => onset < middle - near;
    const after = ({ onset }) => onset > middle + near;
    const reach = step < 0 ? [this.span.start, middle] : [middle, this.span.end];
    const onsets = shown.flatMap((events) => events.within(...reach).filter(step < 0 ? before : after)).map(({ onset }) => onset);
    if (!onsets.length) return;
    const at = onsets.reduce((a, b) => (step < 0 ? Math.max(a, b) : Math.min(a, b)));
    const length = Math.min(end - start, (this.span.end - this.span.start) / 10);
    this.show(at - length / 2, at + length / 2);
  }

  // Where a place on the screen lies in the window: 0 at its start, 1 at its end.
  partAt(clientX) {
    return (clientX - this.rows.getBoundingClientRect().left - GUTTER) / this.plotWidth;
  }

  timeAt(clientX) {
    return this.window.start + this.partAt(clientX) * (this.window.end - this.window.start);
  }

  point(event) {
    this.cursor = event && { x: event.clientX, y: event.clientY };
    this.change();
  }

  // Time and values under the cursor.
  say() {
    const part = this.cursor ? this.partAt(this.cursor.x) : -1;
    const inside = part >= 0 && part <= 1;
    const time = inside ? this.timeAt(this.cursor.x) : null;
    this.line.hidden = !inside;
    this.line.style.left = `${GUTTER + part * this.plotWidth}px`;
    for (const row of this.list) row.say(time);
    const { start, end } = this.window;
    const shown = `${moment(start, this.resolution)} to ${moment(end, this.resolution)} s`;
    this.status.textContent = inside ? `${moment(time, this.resolution)} s` : `${shown} (${duration(end - start)})`;
    this.showTip(time);
  }

  get resolution() {
    return (this.window.end - this.window.start) / 1000;
  }

  showTip(time) {
    const lanes = this.list.filter((row) => row instanceof LaneRow);
    const over = time !== null && lanes.find((row) => isOver(row.element, this.cursor.y));
    const told = over ? over.told(time, over.channelAt(this.cursor.y)) : [];
    this.tip.hidden = told.length === 0;
    if (!told.length) return;
    const more = told.length > MOST_TOLD ? [[`and ${told.length - MOST_TOLD} more`]] : [];
    const blocks = [...told.slice(0, MOST_TOLD), ...more].map((lines) => element("p", {}, lines.join("\n")));
    this.tip.replaceChildren(...blocks);
    const { left, top, width } = this.rows.getBoundingClientRect();
    const x = this.cursor.x - left;
    this.tip.style.top = `${this.cursor.y - top + 18}px`;
    this.tip.style.left = `${Math.min(x + 12, width - this.tip.offsetWidth - 4)}px`;
  }

  // The address keeps the window, so that a link leads to a moment.
  keepInAddress() {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      const { start, end } = this.window;
      const all = start === this.span.start && end === this.span.end;
      const digits = decimalsFor(this.resolution / 100);
      const hash = all ? "" : `#t=${start.toFixed(digits)},${end.toFixed(digits)}`;
      if (hash || HASH.test(location.hash)) history.replaceState(null, "", hash || "#page-explorer");
    }, HASH_DELAY_MS);
  }

  followAddress() {
    const found = HASH.exec(location.hash);
    if (!found) return;
    this.show(Number(found[1]), Number(found[2]));
    clearTimeout(this.later); // the address says it already
    this.root.scrollIntoView({ block: "start" });
  }

  // For whoever looks at the page by a program: what the plots draw, row by row, as plain numbers.
  visible() {
    return this.list.filter((row) => row instanceof SignalRow).map((row) => row.drawnInWindow());
  }

  settled() {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.change();
    });
  }
}

function isOver(box, y) {
  const { top, bottom } = box.getBoundingClientRect();
  return y >= top && y <= bottom;
}
