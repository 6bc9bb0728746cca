import type { ApiState } from './api-state.ts';
import type { Ledger } from './ledger.ts';
import type { Provider } from './provider.ts';
export declare function checkProvider(
  ledger: Ledger,
  { told }: Pick<Provider, 'told'>,
  state: ApiState,
): Promise<void>;
