import type { Ledger } from './ledger.ts';
/** The promise is a second; the rest is for a flush timer that had to wait for a processor. */
export declare const mayLoseMs: number;
export declare function checkSamples(ledger: Ledger, file: string): void;
