import type { ApiState } from './api-state.ts';
import type { Ledger } from './ledger.ts';
export declare function checkApi(ledger: Ledger, state: ApiState): void;
