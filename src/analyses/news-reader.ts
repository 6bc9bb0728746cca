// Lines of the log as the analyses see them.
import type { AlertNews, AlertSignal } from '../../analysis/signals.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { AlertNewsLine } from '../store/store.ts';
import { signalOf } from './alert-signal.ts';
import { ofFindings, type WaitingLine } from './run.ts';

export interface NewsPorts {
  /** The alert as it is now; null: it is not kept any more. */
  readonly alert: (tenant: string, id: string) => AlertRow | null;
  /** Whether the alert is of a rule about findings. */
  readonly isFinding: (alert: AlertRow) => boolean;
}

export class NewsReader {
  readonly #ports: NewsPorts;
  /** News that were shown. */
  read = 0;

  constructor(ports: NewsPorts) {
    this.#ports = ports;
  }

  signalOf(row: AlertRow, kind: AlertNewsLine['kind'], at: number): AlertSignal | typeof ofFindings {
    return this.#ports.isFinding(row) ? ofFindings : signalOf(row, kind === 'resolved' ? at : null, at);
  }

  /** Null: the alert is not kept any more, or is none that analyses are about. */
  newsOf(
    tenant: string,
    { kind, alert, at }: AlertNewsLine,
    known: WaitingLine['signal'] = null,
  ): AlertNews | null {
    const row = known === null ? this.#ports.alert(tenant, alert) : null;
    const signal = known ?? (row && this.signalOf(row, kind, at));
    if (signal === null || signal === ofFindings) return null;
    this.read += 1;
    return { kind, alert: signal, seenAt: at };
  }
}
