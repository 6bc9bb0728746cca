// What applications and plugins test with: a clock that stands still, real receivers, the contract suite's host.
export { checkChannel } from '../../channels/contract.ts';
export { startTestHost, type TestHost } from './channel-host.ts';
export { type FaultMode, type FaultProxy, startFaultProxy } from './fault-proxy.ts';
export { type Receiver, type ReceiverAnswer, startReceiver } from './http-receiver.ts';
export {
  type BenignKind,
  type IncidentOptions,
  type IncidentTruth,
  type IncidentWorld,
  type PredictableEvent,
  type SimulatedService,
  simulateIncidents,
  type TrueIncident,
  type TruePattern,
} from './incidents/index.ts';
export { type MailCatcher, startMailCatcher } from './mail-catcher.ts';
export { ManualClock } from './manual-clock.ts';
