// Mouse, touch and keys on the rows.

const WHEEL_PER_PX = 0.002;
const LINE_PX = 16;
const LEAST_SELECTION_PX = 4;

function listen(app) {
  const { rows } = app;
  rows.addEventListener("wheel", (event) => onWheel(app, event), { passive: false });
  rows.addEventListener("keydown", (event) => onKey(app, event));
  rows.addEventListener("dblclick", () => app.showAll());
  const drag = new Drag(app);
  rows.addEventListener("pointerdown", (event) => drag.begin(event));
  rows.addEventListener("pointermove", (event) => drag.move(event));
  for (const over of ["pointerup", "pointercancel"]) {
    rows.addEventListener(over, (event) => drag.end(event));
  }
  rows.addEventListener("pointerleave", () => app.point(null));
}

// Without focus or Ctrl the wheel scrolls the page, as everywhere else.
function onWheel(app, event) {
  const focused = app.root.contains(document.activeElement);
  if (!focused && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const unit = event.deltaMode === 0 ? 1 : LINE_PX;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    app.pan(((event.deltaX || event.deltaY) * unit) / app.plotWidth);
  } else {
    const strength = event.ctrlKey && event.deltaMode === 0 && Math.abs(event.deltaY) < 40 ? 5 : 1;
    app.zoom(Math.exp(event.deltaY * unit * WHEEL_PER_PX * strength), app.timeAt(event.clientX));
  }
}

function onKey(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const far = event.shiftKey ? 1 : 0.1;
  const acts = {
    ArrowLeft: () => app.pan(-far),
    ArrowRight: () => app.pan(far),
    "+": () => app.zoom(0.5),
    "=": () => app.zoom(0.5),
    "-": () => app.zoom(2),
    _: () => app.zoom(2),
    0: () => app.showAll(),
    n: () => app.goToEvent(1),
    p: () => app.goToEvent(-1),
    Escape: () => app.rows.blur(),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
}

// One pointer moves the window or selects a part of it, two pinch it.
class Drag {
  constructor(app) {
    this.app = app;
    this.pointers = new Map();
    this.selection = element("div", { class: "selection", hidden: "" });
    app.rows.append(this.selection);
  }

  begin(event) {
    if (event.button !== 0) return;
    this.app.rows.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event.clientX);
    this.selecting = this.pointers.size === 1 && (event.shiftKey || this.app.selects) ? event.clientX : null;
    this.grip();
    this.app.point(event);
  }

  // Remembers which moments are under the pointers.
  grip() {
    this.held = [...this.pointers.values()].map((x) => this.app.timeAt(x));
  }

  move(event) {
    this.app.point(event);
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, event.clientX);
    if (this.selecting !== null) this.showSelection(event.clientX);
    else this.follow();
  }

  // The window for which the same moments are under the pointers again.
  follow() {
    const { app } = this;
    const places = [...this.pointers.values()].map((x) => app.partAt(x));
    const { start, end } = app.window;
    let length = end - start;
    if (places.length > 1 && Math.abs(places[1] - places[0]) > 0.02) {
      length = Math.abs((this.held[1] - this.held[0]) / (places[1] - places[0]));
    }
    const from = this.held[0] - places[0] * length;
    app.show(from, from + length);
    if (app.window.start !== from) this.grip();
  }

  showSelection(x) {
    const { left } = this.app.rows.getBoundingClientRect();
    this.selection.hidden = false;
    this.selection.style.left = `${Math.min(x, this.selecting) - left}px`;
    this.selection.style.width = `${Math.abs(x - this.selecting)}px`;
  }

  end(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.selecting !== null && event.type === "pointerup") this.zoomToSelection(event.clientX);
    this.selecting = null;
    this.selection.hidden = true;
    this.grip();
  }

  zoomToSelection(x) {
    if (Math.abs(x - this.selecting) < LEAST_SELECTION_PX) return;
    const [start, end] = [this.app.timeAt(this.selecting), this.app.timeAt(x)].sort((a, b) => a - b);
    this.app.show(start, end);
  }
}
