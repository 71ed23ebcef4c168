// Rows of signals: one channel each, with the events of its chain lightly over it.

const SIGNAL_PX = 104;
const POINTS_APART_PX = 6;
const TRACE_COLOUR = "#3d7fc1";
const OVERLAY = { bar: 0.13, line: 0.3 }; // how strong events are

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
    const boxed = this.drawn.bin > 1 && this.pixelsPerPoint() > 1.05;
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
