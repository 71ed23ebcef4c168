// Events: rows of a table as they lie in a window; from afar, only where any lie.

const MOST_PIECES = 4;

class Events {
  constructor(facts, data, tiles, number) {
    Object.assign(this, facts);
    this.tiles = tiles;
    this.number = number;
    const [start, end] = data.span;
    const width = (end - start) / data.columns;
    this.parts = this.marks.map(([first, last]) => ({
      onset: start + first * width,
      offset: start + (last + 1) * width,
      row: null,
    }));
  }

  // Rows that touch a window, in order of onset; parts of the recording where there are too many.
  within(start, end) {
    const wanted = this.pieces.flatMap(([first, last], n) => (first <= end && last >= start ? [n] : []));
    const rows = this.pieces.length > 0 && wanted.length <= MOST_PIECES ? this.rowsOf(wanted) : null;
    return (rows ?? this.parts).filter(({ onset, offset }) => onset <= end && offset >= start);
  }

  rowsOf(wanted) {
    const pieces = wanted.map((n) => this.tiles.get(`${this.name}/rows/${n}`));
    return pieces.every(Boolean) ? pieces.flatMap((piece) => this.unpacked(piece)) : null;
  }

  unpacked(piece) {
    piece.rows ??= piece.part.onset.map((onset, row) => ({
      onset,
      offset: piece.part.offset[row],
      channel: piece.part.channel ? this.channels[piece.part.channel[row]] : null,
      row: piece.part.values.map((column) => column[row]),
    }));
    return piece.rows;
  }

  // One row in words: when, on which channel, and its values with their units.
  told(event, resolution) {
    const lasts = event.offset > event.onset ? ` to ${moment(event.offset, resolution)}` : "";
    const when = `${moment(event.onset, resolution)}${lasts} s`;
    if (!event.row) return [this.name, when, "zoom in for its rows"];
    const known = this.columns.map(([name, unit], n) => [name, unit, event.row[n]]).filter(([, , value]) => value !== null && value !== "");
    const values = known.map(([name, unit, value]) => `${name} ${this.value(value, unit)}`);
    return [this.name, when, ...(event.channel ? [event.channel] : []), ...values];
  }

  value(value, unit) {
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (typeof value === "string") return value;
    return Number.isInteger(value) ? `${value} ${readable(unit)}`.trim() : quantity(value, unit);
  }
}
