// The contract of the state database, one suite for every store: whoever passes may stand behind the port.
import { afterEach, beforeEach, describe } from 'vitest';
import { analysisContract } from './analysis-contract.ts';
import { commitContract } from './commit-contract.ts';
import { configObjectContract } from './config-object-contract.ts';
import { confirmationContract } from './confirmation-contract.ts';
import { deliveryContract } from './delivery-contract.ts';
import { beginStory, type StorePlace, type Story } from './harness.ts';
import { heartbeatContract } from './heartbeat-contract.ts';
import { lostWordsContract } from './lost-words-contract.ts';
import { policyContract } from './policy-contract.ts';
import { predictionContract } from './prediction-contract.ts';
import { readContract } from './read-contract.ts';
import { retentionContract } from './retention-contract.ts';
import { silenceContract } from './silence-contract.ts';
import { spanContract } from './span-contract.ts';
import { stormContract } from './storm-contract.ts';

/** Declares the suite. `newPlace` gives a place of its own to every test. */
export function storeContract(name: string, newPlace: () => StorePlace): void {
  describe(`${name} keeps the store contract`, () => {
    let story: Story;
    beforeEach(() => {
      story = beginStory(newPlace());
    });
    afterEach(() => story.end());
    const current = () => story;
    describe('commits', () => commitContract(current));
    describe('deliveries', () => deliveryContract(current));
    describe('what was lost', () => lostWordsContract(current));
    describe('paused channels and dead letters', () => policyContract(current));
    describe('confirmations', () => confirmationContract(current));
    describe('reads', () => readContract(current));
    describe('objects of the configuration', () => configObjectContract(current));
    describe('silences', () => silenceContract(current));
    describe('reads of a span', () => spanContract(current));
    describe('heartbeats', () => heartbeatContract(current));
    describe('storms', () => stormContract(current));
    describe('what analyses find', () => analysisContract(current));
    describe('predictions', () => predictionContract(current));
    describe('retention', () => retentionContract(current));
  });
}
