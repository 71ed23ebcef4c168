// Rows of events: a lane for each table, with a track for each channel.

const LANE_CHANNEL_PX = 12;
const REACH_PX = 2;
const LANE = { bar: 0.85, line: 0.85 };

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
