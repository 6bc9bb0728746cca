export const violationKinds = [
  'event_lost',
  'event_twice',
  'answer_changed',
  'ack_lost',
  'resolve_lost',
  'effect_twice',
  'episodes_wrong',
  'sample_lost',
  'not_told',
  'sent_twice',
  'body_changed',
  'id_changed',
  'resolved_first',
  'invented',
  'unsettled',
  'integrity',
  'half_written',
  'not_ready',
  'point_not_reached',
  'unexpected_answer',
  'unexpected_exit',
];
export class Ledger {
  /** By `metric host`. */
  samples = new Map();
  /** By their dedup_key. */
  events = new Map();
  acknowledged = [];
  resolved = [];
  /** By host. */
  episodes = new Map();
  violations = [];
  violate(kind, text) {
    this.violations.push({ kind, text });
  }
  sample(metric, host, at, value, answered) {
    const series = `${metric} ${host}`;
    let list = this.samples.get(series);
    if (list === undefined) {
      list = [];
      this.samples.set(series, list);
    }
    list.push({ at, value, answeredAt: answered.at, life: answered.life });
  }
  episodesOf(host) {
    let episodes = this.episodes.get(host);
    if (episodes === undefined) {
      episodes = { sent: 0, answered: 0 };
      this.episodes.set(host, episodes);
    }
    return episodes;
  }
  get promises() {
    let n = this.acknowledged.length + this.resolved.length;
    for (const { answer } of this.events.values()) n += answer === null ? 0 : 1;
    for (const { answered } of this.episodes.values()) n += answered;
    return n;
  }
}
//# sourceMappingURL=ledger.js.map
