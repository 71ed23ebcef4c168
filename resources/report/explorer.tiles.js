// Tiles: scripts beside the page that hand over some values, loaded when wanted and dropped later.
// A page opened from disk may load scripts from its own folder, but may not fetch files.

const MOST_TILE_BYTES = 64e6;

class Tiles {
  constructor(address, onArrival) {
    this.address = address;
    this.onArrival = onArrival;
    this.held = new Map(); // by key, the least recently used first
    this.pinned = new Map();
    this.loading = new Set();
    this.missing = new Set();
    this.bytes = 0;
    this.limit = MOST_TILE_BYTES;
  }

  pin(key, tile) {
    this.pinned.set(key, tile);
  }

  // The tile, or undefined where it is still to come: then it is asked for.
  get(key) {
    const pinned = this.pinned.get(key);
    if (pinned) return pinned;
    const tile = this.held.get(key);
    if (!tile) {
      this.load(key);
      return undefined;
    }
    this.held.delete(key);
    this.held.set(key, tile);
    return tile;
  }

  load(key) {
    if (this.loading.has(key) || this.missing.has(key)) return;
    this.loading.add(key);
    const script = document.createElement("script");
    script.src = [this.address, ...`${key}.js`.split("/").map(encodeURIComponent)].join("/");
    script.onload = () => this.loaded(key, script);
    script.onerror = () => this.loaded(key, script);
    document.head.append(script);
  }

  loaded(key, script) {
    script.remove();
    this.loading.delete(key);
    if (!this.held.has(key)) this.missing.add(key);
    this.onArrival();
  }

  arrive(key, tile) {
    if (this.held.has(key)) return;
    this.held.set(key, tile);
    this.bytes += tile.bytes;
  }

  // Called after each drawing: what was just drawn was used last and stays.
  dropOld(keep) {
    for (const [key, tile] of this.held) {
      if (this.bytes <= this.limit || this.held.size <= keep) return;
      this.held.delete(key);
      this.bytes -= tile.bytes;
    }
  }
}

// Values of a tile are `offset + step * number`; an outline's tile holds all lows, then all highs.
function decodeTile(coding, offset, step, text) {
  const bytes = fromBase64(text);
  const numbers = coding === "float32" ? new Float32Array(bytes.buffer) : new Int16Array(bytes.buffer);
  return { numbers, offset, step, rounded: coding === "rounded", bytes: bytes.length };
}

function valueAt(tile, place) {
  const number = tile.numbers[place];
  if (tile.rounded && number === -32768) return NaN;
  return tile.offset + tile.step * number;
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
