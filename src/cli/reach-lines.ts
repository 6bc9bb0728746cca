// Whom nothing reaches by a configuration, as lines for people; what the API would add is not known here.
import type { TocsinConfig } from '../config/config.ts';
import { noPeople } from '../config/people.ts';
import type { FileRouting } from '../config/routing.ts';
import { reachChannels } from '../engine/directory-book.ts';
import type { Directory, Target } from '../policy/people.ts';
import { reachText, unreached } from '../policy/reach.ts';
import { shownFile } from './problems.ts';

/** `tocsin.yaml:12 warning: nothing reaches bob: …`, of all tenants. */
export function reachLines(config: TocsinConfig, cwd: string, now: number): readonly string[] {
  const ofAll = linesOf(config.routing, '', cwd, now);
  return [
    ...ofAll,
    ...[...config.tenants].flatMap(([tenant, routing]) => linesOf(routing, `tenant ${tenant}: `, cwd, now)),
  ];
}

function linesOf(routing: FileRouting, of: string, cwd: string, now: number): readonly string[] {
  const { people, teams, teamsOfApi, ...file } = routing.directory ?? noPeople;
  // Who is in a team of the API is seen where the API is: as of a schedule, somebody will be.
  const later: readonly Target[] = [{ kind: 'on_call', name: 'later' }];
  const directory: Directory = {
    people,
    teams: new Map([...teams, ...[...teamsOfApi].map((name) => [name, later] as const)]),
    onCall: () => [],
  };
  const channels = reachChannels(file);
  return unreached(directory, routing.receivers.values(), channels, now).map((one) => {
    const place =
      one.kind === 'receiver'
        ? undefined
        : file.placeOf?.(one.kind === 'person' ? 'people' : 'teams', one.name);
    const at = place === undefined ? '' : `${shownFile(place.file, cwd)}:${place.line} `;
    return `${at}warning: ${of}${reachText(one)}`;
  });
}
