// Says what detectors had to forget for want of room: one line of the log for each burst, and an event for each tenant, once
// an hour at most.
import { labelSet } from '../../rules/labels.ts';
import type { Log } from '../log.ts';
import type { IncomingEvent } from '../services.ts';
import type { Eviction } from './detections.ts';

export interface EvictionPorts {
  readonly table: { tenantOf(series: number): string; metricOf(series: number): string };
  readonly log: Log;
  /** Calls back when the present work is done. */
  readonly soon: (work: () => void) => void;
  readonly tell: (tenant: string, event: IncomingEvent) => void;
}

interface Burst {
  evicted: number;
  refused: number;
  /** Metrics that it was about, the first few. */
  readonly metrics: Set<string>;
}

const metricsShown = 5;

export class EvictionNotes {
  readonly #ports: EvictionPorts;
  #bursts = new Map<string, Burst>();

  constructor(ports: EvictionPorts) {
    this.#ports = ports;
  }

  note({ series, idleMs }: Eviction): void {
    const { table, soon } = this.#ports;
    if (this.#bursts.size === 0) soon(() => this.#say());
    const tenant = table.tenantOf(series);
    let burst = this.#bursts.get(tenant);
    if (burst === undefined) {
      burst = { evicted: 0, refused: 0, metrics: new Set() };
      this.#bursts.set(tenant, burst);
    }
    if (idleMs === null) burst.refused += 1;
    else burst.evicted += 1;
    if (burst.metrics.size < metricsShown) burst.metrics.add(table.metricOf(series));
  }

  #say(): void {
    const bursts = this.#bursts;
    this.#bursts = new Map();
    for (const [tenant, burst] of bursts) {
      const { evicted, refused } = burst;
      const metrics = [...burst.metrics];
      this.#ports.log.warn('detectors.evicted', { tenant, evicted, refused, metrics });
      this.#ports.tell(tenant, detectorsFullEvent(burst));
    }
  }
}

function detectorsFullEvent({ evicted, refused, metrics }: Burst): IncomingEvent {
  const said = [
    ...(evicted > 0 ? [`what was learned of ${evicted} series was forgotten`] : []),
    ...(refused > 0 ? [`${refused} series are not learned from`] : []),
  ].join(', and ');
  return {
    type: 'tocsin.detectors_full',
    severity: 'warning',
    category: 'system',
    message: `The memory of detectors is full (limits.detector_bytes): ${said} (${[...metrics].join(', ')}). Rules of type anomaly say insufficient_data of them.`,
    labels: labelSet({}),
    recipients: [],
  };
}
