// What people, teams and receivers name: channels of addresses, members of teams, targets. Checked on plain values, so that
// a mistake elsewhere hides none of these.
import type { Target } from '../pipeline/target.ts';
import { formatTarget, parseTarget } from '../policy/target.ts';
import { type Addressing, addressKeys, readAddress, tellsPeopleOnly } from './addressing.ts';
import type { DocumentProblem } from './api-rule.ts';
import { peopleLimits } from './people-schema.ts';
import { isRecord, own } from './plain.ts';
import { dotted, type Path } from './source.ts';

/** Names that targets may stand for, by their kind. */
export interface TargetNames {
  readonly person: { has(name: string): boolean; keys(): Iterable<string> };
  readonly team: { has(name: string): boolean; keys(): Iterable<string> };
  readonly on_call: { has(name: string): boolean; keys(): Iterable<string> };
  readonly channel: ReadonlyMap<string, { readonly placed: boolean }>;
}

export interface NameComplaints {
  /** A name that stands for nothing. */
  unknown(path: Path, what: string, name: string, known: readonly string[]): void;
  wrong(path: Path, message: string): void;
}

const called = { person: 'person', team: 'team', on_call: 'on-call schedule', channel: 'channel' } as const;

/** Addresses and preferences of a person that no channel can have. */
export function checkPerson(
  person: unknown,
  at: Path,
  addressing: Addressing,
  complaints: NameComplaints,
): void {
  const addresses = own(person, 'addresses');
  for (const [key, written] of isRecord(addresses) ? Object.entries(addresses) : []) {
    if (typeof written !== 'string') continue;
    const path = [...at, 'addresses', key];
    const read = readAddress(addressing, key, written);
    if ('problem' in read) complaints.wrong(path, read.problem);
    else if ('unknown' in read) complaints.unknown(path, 'channel or kind of channel', key, read.unknown);
  }
  const prefer = own(person, 'prefer');
  const known = addressKeys(addressing);
  if (Array.isArray(prefer))
    prefer.forEach((name: unknown, i) => {
      if (typeof name === 'string' && !known.includes(name))
        complaints.unknown(
          [...at, 'prefer', i],
          'channel or kind of channel that reaches people',
          name,
          known,
        );
    });
}

/** Targets of a list that stand for nothing. */
export function checkTargets(
  targets: unknown,
  at: Path,
  names: TargetNames,
  complaints: NameComplaints,
): void {
  if (!Array.isArray(targets)) return;
  targets.forEach((written: unknown, i) => {
    const target = typeof written === 'string' ? parseTarget(written) : null;
    if (target === null) return; // the schema says what is none
    const { kind, name } = target;
    if (kind === 'channel' && names.channel.get(name)?.placed === false)
      complaints.wrong([...at, i], tellsPeopleOnly(name));
    if (names[kind].has(name)) return;
    complaints.unknown([...at, i], called[kind], name, [...names[kind].keys()]);
  });
}

/**
 * Teams that contain themselves, and those that are nested too deeply.
 * @param members Names of the teams that a team names.
 */
export function checkNesting(
  teams: Iterable<string>,
  members: (team: string) => readonly string[],
  complain: (team: string, message: string) => void,
): void {
  const depths = new Map<string, number>();
  /** Levels below a team; a circle is told once, where it is found, and counts as no level. */
  const depthOf = (team: string, above: readonly string[]): number => {
    const known = depths.get(team);
    if (known !== undefined) return known;
    const path = [...above, team];
    if (path.length > peopleLimits.depth) return 0;
    let deepest = 0;
    let circle = false;
    for (const member of members(team)) {
      const from = path.indexOf(member);
      if (from === -1) deepest = Math.max(deepest, depthOf(member, path) + 1);
      else if (!circle) {
        circle = true;
        complain(team, `is a circle: ${[...path.slice(from), member].join(' → ')}`);
      }
    }
    depths.set(team, deepest);
    return deepest;
  };
  for (const team of teams)
    if (depthOf(team, []) >= peopleLimits.depth)
      complain(team, `expected at most ${peopleLimits.depth} teams within one another`);
}

/** What targets of these sections may name. */
export function targetNamesOf(sections: unknown, { channels }: Addressing): TargetNames {
  return {
    person: new Set(Object.keys(recordOf(own(sections, 'people')))),
    team: new Set(Object.keys(recordOf(own(sections, 'teams')))),
    on_call: new Set(scheduleNames(sections)),
    channel: channels,
  };
}

/** All that the sections at `base` say of people, teams and targets of receivers. */
export function checkPeople(sections: unknown, addressing: Addressing, complaints: NameComplaints): void {
  const people = recordOf(own(sections, 'people'));
  const teams = recordOf(own(sections, 'teams'));
  const names = targetNamesOf(sections, addressing);
  for (const [name, person] of Object.entries(people))
    checkPerson(person, ['people', name], addressing, complaints);
  for (const [name, members] of Object.entries(teams))
    checkTargets(members, ['teams', name], names, complaints);
  checkNesting(
    Object.keys(teams),
    (team) => teamsIn(own(teams, team)),
    (team, message) => complaints.wrong(['teams', team], message),
  );
  for (const [name, receiver] of Object.entries(recordOf(own(sections, 'receivers'))))
    checkTargets(own(receiver, 'to'), ['receivers', name, 'to'], names, complaints);
  checkTargets(own(own(sections, 'reach_test'), 'to'), ['reach_test', 'to'], names, complaints);
}

/** Targets of a body that stand for nothing. */
export function targetProblems(targets: readonly Target[], names: TargetNames): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  const wrong = (path: Path, message: string) => void problems.push({ path: dotted(path), message });
  const unknown = (path: Path, what: string) => wrong(path, `there is no such ${what}`);
  checkTargets(targets.map(formatTarget), ['to'], names, { unknown, wrong });
  return problems;
}

/** Names of the on-call schedules of these sections. */
function scheduleNames(sections: unknown): readonly string[] {
  return Object.keys(recordOf(own(sections, 'schedules')));
}

function teamsIn(members: unknown): readonly string[] {
  if (!Array.isArray(members)) return [];
  return members.flatMap((written: unknown) => {
    const target = typeof written === 'string' ? parseTarget(written) : null;
    return target?.kind === 'team' ? [target.name] : [];
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
