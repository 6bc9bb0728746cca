// Whether root causes are found: on PetShop's issues where the data are there, and on simulated incidents always.
import { atLeast, type Report } from '../report.ts';
import { petShopBelow, petShopRows, readPetShop } from './petshop-rows.ts';
import { simulatedCauseRows } from './simulated-cause-rows.ts';

/** `petShop`: the folder of the data; without it, what `data` holds. `wrong`: ends with why something cannot be read. */
export function rootCauseRows(
  report: Report,
  data: string | undefined,
  petShop: string | undefined,
  wrong: (why: string) => never,
): void {
  const folder = petShop ?? (data === undefined ? null : petShopBelow(data));
  if (folder === null)
    for (const [id, floor] of [
      ['top1', 0.7],
      ['top3', 0.83],
    ] as const)
      report.skip(
        {
          id: `signal.root_cause.petshop.${id}`,
          unit: 'of the issues have the service at fault first, or among three',
          bar: atLeast(floor, 'count'),
        },
        'no folder with graph.csv and noissue/metrics.csv was given',
      );
  else {
    const issues = (() => {
      try {
        return readPetShop(folder);
      } catch (error) {
        return wrong(error instanceof Error ? error.message : String(error));
      }
    })();
    petShopRows(issues, report);
  }
  simulatedCauseRows(report);
}
