// Worlds in which things fail, with the truth about them: what analyses of alerts are tuned on and judged by.
export { simulateIncidents } from './simulate.ts';
export type {
  BenignKind,
  IncidentOptions,
  IncidentTruth,
  IncidentWorld,
  PredictableEvent,
  SimulatedService,
  TrueIncident,
  TruePattern,
} from './world.ts';
