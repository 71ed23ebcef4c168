// Numbers as people read them; the rules are those of dspant/report/numbers.py.

const PREFIXES = { p: -12, n: -9, u: -6, "µ": -6, "μ": -6, m: -3, "": 0, k: 3, M: 6, G: 9 };
const PREFIX_OF = { "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G" };
const UNIT = /^([pnuµμmkMG]?)(V|A|Hz|Pa|W|N|F|Ohm|Ω)((?:[ /√].*)?)$/;

// The prefix under which values up to `largest` have one to three digits before the point.
function scaleFor(largest, unit) {
  const parts = UNIT.exec(unit);
  if (!parts) return { factor: 1, unit: readable(unit) };
  const given = PREFIXES[parts[1]];
  let wanted = given;
  if (Number.isFinite(largest) && largest > 0) {
    wanted = 3 * Math.floor((Math.log10(largest) + given) / 3 + 1e-9);
    wanted = Math.min(Math.max(wanted, -12), 9);
  }
  return { factor: 10 ** (given - wanted), unit: readable(PREFIX_OF[wanted] + parts[2] + parts[3]) };
}

function readable(unit) {
  return unit.replace(/^u(?=(V|A|Hz|Pa|W|N|F|Ohm|Ω)([ /√]|$))/, "µ").replace("^2", "²").replace("^3", "³");
}

function decimalsFor(step) {
  if (!(step > 0) || !Number.isFinite(step)) return 0;
  return Math.min(Math.max(-Math.floor(Math.log10(step) + 1e-9), 0), 12);
}

// Decimals with which every multiple of a step, such as 0.25, is written in full.
function tickDecimals(step) {
  let decimals = decimalsFor(step);
  while (decimals < 12 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6) decimals += 1;
  return decimals;
}

function significant(value, digits = 4) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent < -4 || exponent >= 7) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(digits - 1 - exponent, 0));
}

function quantity(value, unit, digits = 4) {
  if (value === null || !Number.isFinite(value)) return "no value";
  const scale = scaleFor(Math.abs(value), unit);
  return `${significant(value * scale.factor, digits)} ${scale.unit}`.trim();
}

// A length of time with a prefix: 0.0021 is 2.1 ms.
function duration(seconds) {
  if (seconds >= 1) return `${significant(seconds, 3)} s`;
  if (seconds >= 1e-3) return `${significant(seconds * 1e3, 3)} ms`;
  return `${significant(seconds * 1e6, 3)} µs`;
}

// A moment, with as many decimals as a part of the window needs.
function moment(seconds, resolution) {
  return seconds.toFixed(decimalsFor(resolution));
}
