export * from './decisions.ts';
export * from './incident.ts';
export {
  advanceIncidents,
  createIncidents,
  type IncidentContext,
  type Incidents,
  incidentOf,
  observeIncidents,
} from './incidents.ts';
export * from './saved.ts';
