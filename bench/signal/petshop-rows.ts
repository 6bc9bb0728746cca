// Root causes on folders in PetShop's layout: how often the service at fault is the first hypothesis, or among three; over
// all, by split, by traffic, and with each family of faults held out of the choice of the parameters.
import { join } from 'node:path';
import { type FlowOptions, usualFlow } from '../../analysis/root-cause/flow.ts';
import { findRootCause } from '../../analysis/root-cause/root-cause.ts';
import { wilson } from '../../analysis/wilson.ts';
import { atLeast, type Report } from '../report.ts';
import { type PetShopIssue, readTraffic, trafficFolders } from './petshop.ts';

const floors = { 1: 0.7, 3: 0.83 } as const;
const goals = { 1: 'value >= 0.8', 3: 'value >= 0.92' } as const;

/** All that is chosen by looking at scores. */
const grid: readonly FlowOptions[] = [0, 1, 2, 3, 4].flatMap((countsFrom) =>
  [0.25, 0.4, 0.55].map((lastsFrom) => ({ countsFrom, lastsFrom })),
);

/** Place of the service at fault among the hypotheses, from 1; infinite where it is not among them. */
function placeOf({ input, truth }: PetShopIssue, flow: FlowOptions): number {
  const { hypotheses } = findRootCause(input, { flow });
  const place = hypotheses.findIndex(({ service }) => service === truth);
  return place < 0 ? Number.POSITIVE_INFINITY : place + 1;
}

const hitsOf = (places: readonly number[], within: number): number =>
  places.filter((place) => place <= within).length;

/** The folder itself, or what is below it; an error where it holds no traffic. */
export function readPetShop(folder: string): PetShopIssue[] {
  const folders = trafficFolders(folder);
  if (folders.length === 0)
    throw new Error(
      `${folder} holds no folder with graph.csv and noissue/metrics.csv, at most three levels down`,
    );
  return folders.flatMap(readTraffic);
}

/** Where a data folder holds PetShop; null where it does not. */
export function petShopBelow(data: string): string | null {
  for (const folder of ['petshop', 'dataset', '.'])
    if (trafficFolders(join(data, folder), folder === '.' ? 1 : 3).length > 0) return join(data, folder);
  return null;
}

export function petShopRows(issues: readonly PetShopIssue[], report: Report): void {
  const began = performance.now();
  const places = issues.map((issue) => placeOf(issue, usualFlow));
  const msEach = (performance.now() - began) / issues.length;
  const row = (id: string, chosen: readonly number[], within: 1 | 3, barred: boolean, also = {}) => {
    const hits = hitsOf(chosen, within);
    report.row({
      id: `signal.root_cause.petshop.${id}`,
      value: hits / chosen.length,
      unit: `of the issues have the service at fault ${within === 1 ? 'first' : 'among the first three'}`,
      bar: barred ? atLeast(floors[within], 'count') : null,
      ...(barred && { goal: goals[within] }),
      spread: wilson(hits, chosen.length),
      also: { hits, issues: chosen.length, ...also },
    });
  };
  row('top1', places, 1, true, { ms_each: msEach });
  row('top3', places, 3, true);
  for (const part of ['split', 'traffic'] as const)
    for (const value of new Set(issues.map((issue) => issue[part])))
      for (const within of [1, 3] as const)
        row(
          `${value}.top${within}`,
          places.filter((_, n) => issues[n]![part] === value),
          within,
          false,
        );
  heldOutRows(issues, row);
}

function heldOutRows(
  issues: readonly PetShopIssue[],
  row: (id: string, chosen: readonly number[], within: 1 | 3, barred: boolean, also?: object) => void,
): void {
  const byFlow = grid.map((flow) => ({ flow, places: issues.map((issue) => placeOf(issue, flow)) }));
  const all: number[] = [];
  for (const family of [...new Set(issues.map((issue) => issue.family))].sort()) {
    const inside = (n: number) => issues[n]!.family === family;
    const scoreOf = (places: readonly number[]) => {
      const others = places.filter((_, n) => !inside(n));
      return hitsOf(others, 1) + hitsOf(others, 3) / (10 * issues.length);
    };
    // Of equals the one in the middle of the grid, which is no choice by score.
    const nearUsual = ({ flow }: { flow: FlowOptions }) =>
      Math.abs(flow.countsFrom - usualFlow.countsFrom) + Math.abs(flow.lastsFrom - usualFlow.lastsFrom);
    const best = byFlow.reduce((one, other) => {
      const better = scoreOf(other.places) - scoreOf(one.places);
      return better > 0 || (better === 0 && nearUsual(other) < nearUsual(one)) ? other : one;
    });
    const mine = best.places.filter((_, n) => inside(n));
    all.push(...mine);
    const also = { counts_from: best.flow.countsFrom, lasts_from: best.flow.lastsFrom };
    for (const within of [1, 3] as const)
      row(`held_out.${family.replaceAll(/[ ,]+/g, '_')}.top${within}`, mine, within, false, also);
  }
  for (const within of [1, 3] as const) row(`held_out.top${within}`, all, within, false);
}
