import { describe, expect, it } from 'vitest';
import {
  mostUrgent,
  parseCategory,
  parsePriority,
  parseSeverity,
  priorityOf,
  severityRank,
} from './severity.ts';
import { severities } from './types.ts';

describe('severity', () => {
  it('is read in any case, with low and medium as aliases (AL-A2, AL-I5)', () => {
    expect(
      ['info', 'WARNING', 'High', ' critical ', 'EMERGENCY', 'Low', 'medium', 'fatal'].map(parseSeverity),
    ).toEqual(['info', 'warning', 'high', 'critical', 'emergency', 'info', 'warning', undefined]);
  });

  it('goes one to one with the priority (AL-A2)', () => {
    expect(severities.map(priorityOf)).toEqual(['P5', 'P4', 'P3', 'P2', 'P1']);
  });

  it('has an order', () => {
    expect(severities.map(severityRank)).toEqual([0, 1, 2, 3, 4]);
    expect(mostUrgent(['warning', 'critical', 'info'])).toBe('critical');
    expect(mostUrgent([])).toBe('info');
  });
});

describe('priority and category', () => {
  it('are read in any case, priorities also by name (AL-A2, AL-A3)', () => {
    expect(
      ['P1', 'p5', 'CRITICAL', 'high', 'medium', 'low', 'info', 'P6', 'constructor'].map(parsePriority),
    ).toEqual(['P1', 'P5', 'P1', 'P2', 'P3', 'P4', 'P5', undefined, undefined]);
    expect(['SYSTEM', 'cost', 'other'].map(parseCategory)).toEqual(['system', 'cost', undefined]);
  });
});
