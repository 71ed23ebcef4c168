// Rows of the explorer, one uPlot each: signals, lanes of events, and the time axis.

const GUTTER = 58;
const RIGHT = 22;
const EVENT_COLOURS = ["#d07a2d", "#3f9a72", "#a46bc0", "#c9575c", "#7f8a2e", "#2f9aa8", "#8a7560"];
const TRACE_COLOUR = "#3d7fc1";
const POINTS_APART_PX = 6;
const OVERLAY = { bar: 0.13, line: 0.3 }; // how strong events are over signals, and on their own
const LANE = { bar: 0.85, line: 0.85 };
const SIGNAL_PX = 104;
const REACH_PX = 2;
const LANE_CHANNEL_PX = 12;
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
      series: [{}, { stroke: TRACE_COLOUR, width: 1, points: { show: false } }],
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

class SignalRow extends Row {
  constructor(app, stream, channel) {
    super(app, `${stream.name}: ${stream.channels[channel]}`, SIGNAL_PX);
    this.stream = stream;
    this.channel = channel;
    this.unit = stream.units[channel];
    this.scale = scaleFor(1, this.unit);
    this.overlays = app.events.filter(({ over }) => over.includes(stream.name));
    this.drawn = null;
    this.points = [[], []];
  }

  draw() {
    this.drawn = this.stream.read(this.channel, this.app.window, this.app.plotWidth);
    this.place.classList.toggle("waiting", this.drawn === null);
    if (this.drawn) {
      const seen = this.seen();
      this.largest = seen;
      this.range = withRoom(this.app.fitted ? seen : this.whole(seen));
      this.scale = scaleFor(Math.max(Math.abs(this.range[0]), Math.abs(this.range[1])), this.unit);
      this.points = this.line();
    }
    super.draw();
  }

  data() {
    return this.points;
  }

  options() {
    const spaced = () => this.drawn?.bin === 1 && this.pixelsPerPoint() > POINTS_APART_PX;
    const points = { show: spaced, size: 5, fill: TRACE_COLOUR, stroke: TRACE_COLOUR };
    return super.options({ series: [{}, { stroke: TRACE_COLOUR, width: 1, points }] });
  }

  pixelsPerPoint() {
    const { start, end } = this.app.window;
    return ((this.drawn.bin / this.stream.fs) * this.app.plotWidth) / (end - start);
  }

  valueAxis() {
    const { quiet, line } = this.app.colours;
    return {
      size: GUTTER,
      font: "11px system-ui, sans-serif",
      stroke: quiet,
      grid: { stroke: line, width: 0.5 },
      ticks: { show: false },
      space: 26,
      gap: 4,
      values: (u, splits) => {
        const decimals = tickDecimals((splits[1] - splits[0]) * this.scale.factor);
        return splits.map((value) => (value * this.scale.factor).toFixed(decimals));
      },
    };
  }

  // Smallest and largest value in the window.
  seen() {
    const { start, end } = this.app.window;
    let [low, high] = [Infinity, -Infinity];
    for (const run of this.drawn.runs) {
      for (let n = 0; n < run.time.length; n += 1) {
        if (run.to[n] < start || run.from[n] > end) continue;
        if (run.low[n] < low) low = run.low[n];
        if (run.high[n] > high) high = run.high[n];
      }
    }
    return low <= high ? [low, high] : this.largest ?? [-1, 1];
  }

  // Smallest and largest value of the recording as far as its coarsest outline is there.
  whole(seen) {
    const { start, end } = this.app.span;
    const all = this.stream.read(this.channel, { start, end }, 100);
    for (const { low, high } of all?.runs ?? []) {
      const finite = [...low, ...high].filter(Number.isFinite);
      seen = finite.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], seen);
    }
    return seen;
  }

  // Points for uPlot: single samples, strokes from low to high, or boxes where bins are wide.
  line() {
    const [time, value] = [[], []];
    const add = (t, v) => {
      time.push(t);
      value.push(Number.isNaN(v) ? null : v);
    };
    const boxed = this.drawn.bin > 1 && this.pixelsPerPoint() > 2;
    for (const run of this.drawn.runs) {
      for (let n = 0; n < run.time.length; n += 1) {
        if (boxed) {
          add(run.from[n], run.low[n]);
          add(run.from[n], run.high[n]);
          add(run.to[n], run.high[n]);
          add(run.to[n], run.low[n]);
        } else {
          add(run.time[n], run.low[n]);
          if (run.high[n] !== run.low[n]) add(run.time[n], run.high[n]);
        }
      }
      if (run.time.length) add(time.at(-1), NaN); // no line leads over a gap
    }
    return [time, value];
  }

  // What is drawn within the window, as plain numbers.
  drawnInWindow() {
    const { start, end } = this.app.window;
    const found = { stream: this.stream.name, channel: this.stream.channels[this.channel], unit: this.unit, bin_samples: this.drawn?.bin ?? null, first: [], time_s: [], low: [], high: [] };
    for (const run of this.drawn?.runs ?? []) {
      run.time.forEach((time, n) => {
        if (run.to[n] <= start || run.from[n] > end || time < start || time > end) return;
        found.first.push(run.first[n]);
        found.time_s.push(time);
        found.low.push(run.low[n]);
        found.high.push(run.high[n]);
      });
    }
    return found;
  }

  paint(u) {
    const own = this.stream.channels[this.channel];
    for (const events of this.overlays.filter(({ shown }) => shown)) {
      const found = events.within(this.app.window.start, this.app.window.end);
      const here = found.filter(({ channel }) => !channel || channel === own);
      paintEvents(u, here, eventColour(events), () => [0, 1], OVERLAY);
    }
  }

  // What is under the cursor, in the unit.
  say(time) {
    const found = time === null ? null : this.at(time);
    if (found) this.said.textContent = found;
    else this.said.textContent = this.drawn ? this.scale.unit : "loading";
  }

  at(time) {
    for (const run of this.drawn?.runs ?? []) {
      const n = run.to.findIndex((to) => time < to);
      const half = this.drawn.bin === 1 ? 0.5 / this.stream.fs : 0;
      const place = this.drawn.bin === 1 ? nearest(run.time, time, half) : n;
      if (place < 0 || run.from[place] - half > time) continue;
      if (run.low[place] === run.high[place]) return quantity(run.low[place], this.unit, 6);
      const spread = `${quantity(run.low[place], this.unit)} to ${quantity(run.high[place], this.unit)}`;
      return `${spread} in ${duration(run.to[place] - run.from[place])}`;
    }
    return null;
  }
}

class LaneRow extends Row {
  constructor(app, events) {
    const tracks = events.channels.length > 1 && events.channels.length <= 8 ? events.channels : [null];
    super(app, events.name, 14 + LANE_CHANNEL_PX * tracks.length);
    this.events = events;
    this.tracks = tracks;
    this.element.classList.add("lane");
    this.name.style.setProperty("--own", eventColour(events));
  }

  paint(u) {
    const found = this.events.within(this.app.window.start, this.app.window.end);
    paintEvents(u, found, eventColour(this.events), (event) => this.track(event), LANE);
  }

  // Top and bottom of an event, as parts of the height.
  track({ channel }) {
    const number = this.tracks.indexOf(channel);
    if (number < 0) return [0.05, 0.95];
    return [(number + 0.1) / this.tracks.length, (number + 0.9) / this.tracks.length];
  }

  // The channel whose track is at a height on the screen; null where events share one.
  channelAt(clientY) {
    const { top, height } = this.place.getBoundingClientRect();
    const number = Math.floor(((clientY - top) / height) * this.tracks.length);
    return this.tracks[Math.min(Math.max(number, 0), this.tracks.length - 1)];
  }

  // Events at a moment, in words.
  told(time, channel = null) {
    const { start, end } = this.app.window;
    const reach = (REACH_PX * (end - start)) / this.app.plotWidth;
    const found = this.events.within(time - reach, time + reach);
    const own = found.filter((event) => channel === null || event.channel === null || event.channel === channel);
    return own.map((event) => this.events.told(event, this.app.resolution));
  }

  say(time) {
    const found = time === null ? [] : this.told(time);
    this.said.textContent = found.length ? found[0].slice(1).join(", ") : `${this.events.count} in all`;
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

function nearest(times, time, half) {
  let best = -1;
  for (let n = 0; n < times.length; n += 1) {
    if (best < 0 || Math.abs(times[n] - time) < Math.abs(times[best] - time)) best = n;
  }
  return best >= 0 && Math.abs(times[best] - time) <= half * 1.001 ? best : -1;
}

function withRoom([low, high]) {
  const room = high > low ? 0.06 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
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
