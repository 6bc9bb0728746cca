import type { AlertBody } from '../../http/bodies/alert-body.ts';
import type { KillClient } from './client.ts';
export interface ApiDelivery {
  readonly id: string;
  readonly notification_id: string;
  readonly channel: string;
  readonly state: 'queued' | 'sending' | 'sent' | 'delivered' | 'dead' | 'dropped';
  readonly reason: string | null;
  readonly attempts: number;
}
export interface DeadLetter {
  readonly channel: string;
  readonly alerts: Readonly<Record<string, 'firing' | 'resolved' | 'event'>>;
}
export interface ApiState {
  readonly alerts: ReadonlyMap<string, AlertBody>;
  readonly deliveries: ReadonlyMap<string, ApiDelivery>;
  /** What the dead-letter list holds, with what each would have said. */
  readonly dead: readonly DeadLetter[];
  /** Reasons why nothing was said of an alert, by its id; asked for one alert. */
  skipped(alertId: string): Promise<readonly (string | null)[]>;
}
export declare function apiState(client: KillClient): Promise<ApiState>;
