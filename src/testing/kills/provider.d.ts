/** One request as it came. */
export interface Told {
  /** Order of arrival. */
  readonly no: number;
  readonly path: string;
  readonly webhookId: string;
  /** Number of the life that sent it. */
  readonly life: number;
  readonly accepted: boolean;
  readonly bodyDigest: string;
  readonly notificationId: string;
  readonly alerts: readonly {
    readonly id: string;
    readonly status: 'firing' | 'resolved';
  }[];
}
export interface Provider {
  readonly url: string;
  readonly told: readonly Told[];
  /** No more refusals that pass. */
  heal(): void;
  close(): Promise<void>;
}
/** `flaky`: share of requests to /ops that are refused with 500 or broken off unanswered. */
export declare function startProvider(flaky: number, rng: () => number): Promise<Provider>;
