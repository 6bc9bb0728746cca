import type { CampaignFolder } from './folder.ts';
import type { Ledger } from './ledger.ts';
export declare function checkDatabases(ledger: Ledger, { stateDb, samplesDb }: CampaignFolder): void;
