// Streams: which outline suits a window, and its bins as points in time.
// A bin never crosses a gap: bins begin anew with every unbroken run, and are counted through all.

const MARGIN_BINS = 8;
const PAGE_PIXELS = 2; // a bin of the page's own outline may be so wide before a finer one is loaded

class Stream {
  constructor(facts, data, tiles) {
    Object.assign(this, facts);
    this.tiles = tiles;
    this.sizes = data.sizes;
    this.firstBins = new Map();
    this.levels = [];
    for (let number = this.finest; number <= this.coarsest; number += 1) {
      this.levels.push({ id: String(number), bin: data.factor ** number, page: false });
    }
    if (this.page.channels) this.levels.push({ id: "page", bin: this.page.bin, page: true });
    this.levels.sort((a, b) => a.bin - b.bin);
  }

  // Unbroken runs as [samples, start in s]; undefined while they are being loaded.
  knownRuns() {
    if (!this.runs) this.runs = this.tiles.get(`${this.name}/runs`)?.part;
    return this.runs;
  }

  // Flat number of the first bin of each run.
  starts(bin) {
    if (!this.firstBins.has(bin)) {
      const starts = [0];
      for (const [count] of this.runs) starts.push(starts.at(-1) + Math.ceil(count / bin));
      this.firstBins.set(bin, starts);
    }
    return this.firstBins.get(bin);
  }

  // Outlines to try for a window, the best first: with about a bin for each pixel, then coarser.
  suitable(channel, samplesPerPixel) {
    const inPage = channel < this.page.channels;
    // What stands in the page has few bins: nothing coarser is worth loading.
    const usable = this.levels.filter((level) => (inPage ? level.page || level.bin < this.page.bin : !level.page));
    const most = Math.max(samplesPerPixel, 1);
    const fine = usable.filter((level) => level.bin <= most * (level.page ? PAGE_PIXELS : 1));
    return usable.slice(Math.max(fine.length - 1, 0));
  }

  // What a row draws of a window: the best outline that is there, while a better one is loaded.
  read(channel, window, pixels) {
    if (!this.knownRuns()) return null;
    const samplesPerPixel = ((window.end - window.start) * this.fs) / pixels;
    for (const level of this.suitable(channel, samplesPerPixel)) {
      const stretches = this.stretches(level.bin, window);
      const tiles = this.tilesFor(channel, level, stretches);
      if (!tiles) continue;
      this.askAround(channel, level, window);
      return this.join(level, stretches, tiles, pixels);
    }
    return null;
  }

  // Loads what lies on both sides of a window, so that moving it does not wait.
  askAround(channel, level, { start, end }) {
    const wider = { start: start - (end - start) / 2, end: end + (end - start) / 2 };
    this.tilesFor(channel, level, this.stretches(level.bin, wider));
  }

  // Bins of each run that a window touches, and some more on each side, so that lines go on there
  // and that bins which are joined are whole.
  stretches(bin, window) {
    const starts = this.starts(bin);
    const found = [];
    let firstSample = 0;
    this.runs.forEach(([count, start], run) => {
      const bins = starts[run + 1] - starts[run];
      const from = Math.max(Math.floor(((window.start - start) * this.fs) / bin) - MARGIN_BINS, 0);
      const to = Math.min(Math.ceil(((window.end - start) * this.fs) / bin) + MARGIN_BINS, bins);
      if (from < to) found.push({ count, start, from, to, first: starts[run], firstSample });
      firstSample += count;
    });
    return found;
  }

  // The tiles that hold them, by number; null where any is still to come.
  tilesFor(channel, level, stretches) {
    const size = this.tileSize(level);
    const tiles = new Map();
    let complete = true;
    for (const { first, from, to } of stretches) {
      for (let n = Math.floor((first + from) / size); n * size < first + to; n += 1) {
        const tile = tiles.get(n) ?? this.tiles.get(`${this.name}/${level.id}/${channel}_${n}`);
        if (tile) tiles.set(n, tile);
        else complete = false;
      }
    }
    return complete ? tiles : null;
  }

  tileSize(level) {
    if (level.page) return Number.MAX_SAFE_INTEGER;
    return level.id === "0" ? this.sizes[0] : this.sizes[1];
  }

  // Points in order of time; as many neighbouring bins make one that about two share a pixel.
  join(level, stretches, tiles, pixels) {
    const bins = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
    const together = Math.max(Math.floor(bins / (2 * pixels)), 1);
    const size = this.tileSize(level);
    const drawn = { bin: level.bin * together, runs: [] };
    for (const stretch of stretches) {
      const points = { first: [], time: [], from: [], to: [], low: [], high: [] };
      const begin = Math.floor(stretch.from / together) * together;
      for (let bin = begin; bin < stretch.to; bin += together) {
        const own = extremes(level, tiles, size, stretch.first, bin, Math.min(bin + together, stretch.to), stretch.from);
        this.addPoint(points, stretch, bin * level.bin, drawn.bin, own);
      }
      drawn.runs.push(points);
    }
    return drawn;
  }

  addPoint(points, { count, start, firstSample }, sample, samples, [low, high]) {
    const held = Math.min(samples, count - sample);
    points.first.push(firstSample + sample);
    points.time.push(start + (sample + (held - 1) / 2) / this.fs);
    points.from.push(start + sample / this.fs);
    points.to.push(start + (sample + held) / this.fs);
    points.low.push(low);
    points.high.push(high);
  }
}

// Smallest and largest value of some neighbouring bins of a run.
function extremes(level, tiles, size, first, from, to, known) {
  let low = NaN;
  let high = NaN;
  for (let bin = Math.max(from, known); bin < to; bin += 1) {
    const tile = tiles.get(Math.floor((first + bin) / size));
    const place = (first + bin) % size;
    const lowest = valueAt(tile, place);
    const highest = level.id === "0" ? lowest : valueAt(tile, place + tile.numbers.length / 2);
    if (!(lowest >= low)) low = Number.isNaN(lowest) ? low : lowest;
    if (!(highest <= high)) high = Number.isNaN(highest) ? high : highest;
  }
  return [low, high];
}
