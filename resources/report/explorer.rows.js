// What all rows of the explorer share, one uPlot each; and the time axis below them.

const GUTTER = 58;
const RIGHT = 22;
const EVENT_COLOURS = ["#d07a2d", "#3f9a72", "#a46bc0", "#c9575c", "#7f8a2e", "#2f9aa8", "#8a7560"];
const AXIS_PX = 48;
const AXIS_LABELS_PX = 20;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function colours(root) {
  const style = getComputedStyle(root);
  const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map((name) => style.getPropertyValue(name).trim());
  return { ink, quiet, line };
}

function eventColour(events) {
  return EVENT_COLOURS[events.number % EVENT_COLOURS.length];
}

// What all rows share: an element with a head above a plot on the common time axis.
class Row {
  constructor(app, title, height) {
    this.app = app;
    this.height = height;
    this.name = element("b", {}, title);
    this.said = element("span", { class: "said" });
    this.head = element("div", { class: "head" }, this.name, this.said);
    this.place = element("div", { class: "plot-place" });
    this.element = element("div", { class: "row" }, this.head, this.place);
    this.range = [0, 1];
  }

  // Made on first drawing, since uPlot asks for the width.
  draw() {
    this.plot ??= new uPlot(this.options(), this.data(), this.place);
    if (this.plot.width !== this.app.width) this.plot.setSize({ width: this.app.width, height: this.height });
    this.plot.batch(() => {
      this.plot.setData(this.data(), false);
      this.plot.setScale("x", { min: this.app.window.start, max: this.app.window.end });
      this.plot.setScale("y", { min: this.range[0], max: this.range[1] });
    });
  }

  restyle() {
    this.plot?.destroy();
    this.plot = undefined;
  }

  options(over = {}) {
    return {
      width: this.app.width,
      height: this.height,
      padding: [4, RIGHT, 4, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, auto: false }, y: { auto: false } },
      series: [{}, { points: { show: false } }],
      axes: [this.timeAxis(), this.valueAxis()],
      hooks: { drawClear: [(u) => this.paint(u)] },
      ...over,
    };
  }

  data() {
    return [[this.app.window.start, this.app.window.end], [null, null]];
  }

  paint() {}

  timeAxis() {
    const { line } = this.app.colours;
    return { size: 0, values: (u, splits) => splits.map(() => ""), grid: { stroke: line, width: 0.5 }, ticks: { show: false }, space: this.app.tickSpace };
  }

  valueAxis() {
    return { size: GUTTER, values: (u, splits) => splits.map(() => ""), grid: { show: false }, ticks: { show: false } };
  }
}

class AxisRow extends Row {
  constructor(app) {
    super(app, "", AXIS_PX);
    this.head.remove();
    this.element.classList.add("time-axis");
  }

  timeAxis() {
    const { quiet } = this.app.colours;
    return {
      size: AXIS_LABELS_PX,
      labelSize: 16,
      label: "time (s)",
      labelFont: "11px system-ui, sans-serif",
      labelGap: 0,
      font: "11px system-ui, sans-serif",
      stroke: quiet,
      gap: 2,
      space: this.app.tickSpace,
      grid: { show: false },
      ticks: { stroke: quiet, size: 4, width: 1 },
      values: (u, splits, axis, space, step) => splits.map((time) => time.toFixed(tickDecimals(step))),
    };
  }

  say() {}
}

// Bars for what lasts, lines for moments; `track` gives top and bottom as parts of the height.
function paintEvents(u, found, colour, track, { bar, line }) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour;
  for (const event of found) {
    const [top, bottom] = track(event);
    const left = u.valToPos(event.onset, "x", true);
    const width = u.valToPos(event.offset, "x", true) - left;
    const thin = width < 1.5 * devicePixelRatio;
    ctx.globalAlpha = thin ? line : bar;
    ctx.fillRect(left, bbox.top + top * bbox.height, thin ? 1.5 * devicePixelRatio : width, (bottom - top) * bbox.height);
  }
  ctx.restore();
}
