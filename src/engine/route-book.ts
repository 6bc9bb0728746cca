// Who is told what, of one tenant: the operator's file, and the routes that were made through the API, which are tried after
// the file's. One that the file does not let in any more (a receiver is gone) waits, with a problem that says so.
import { type ApiRouteInput, readApiRoute, routeNameProblems } from '../config/api-route.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { receiversOf, withRoutes } from '../config/routes.ts';
import type { FileRouting, WrittenAt } from '../config/routing.ts';
import { dotted } from '../config/source.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import type { Route, RoutingConfig } from '../pipeline/routing.ts';
import { EscalationBook } from './escalation-book.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

/** A route that was made through the API. `input` is null when this version of the program cannot read it. */
export interface ApiRoute extends MadeObject {
  readonly input: ApiRouteInput | null;
  readonly problems: readonly DocumentProblem[];
}

/** A route as it is shown. */
export type RouteEntry =
  | { readonly of: 'api'; readonly made: ApiRoute; readonly problems: readonly DocumentProblem[] }
  | { readonly of: 'file'; readonly route: Route; readonly place: WrittenAt | null };

interface Built {
  readonly routing: RoutingConfig;
  /** By id, what keeps a route out. */
  readonly problems: ReadonlyMap<string, readonly DocumentProblem[]>;
}

export class RouteBook {
  readonly made = new ObjectBook<ApiRoute>(() => {
    this.#built = null;
  });
  readonly escalations: EscalationBook;
  #file: FileRouting;
  #channels: readonly string[] = [];
  #placeless: readonly string[] = [];
  #built: Built | null = null;

  constructor(file: FileRouting) {
    this.#file = file;
    this.escalations = new EscalationBook(file, () => {
      this.#built = null;
    });
  }

  get file(): FileRouting {
    return this.#file;
  }

  set file(file: FileRouting) {
    this.#file = file;
    this.escalations.file = file;
    this.#built = null;
  }

  /**
   * @param channels Names of those that the tenant made itself.
   * @param placeless Those of them that tell people only.
   */
  setChannels(channels: readonly string[], placeless: readonly string[]): void {
    const before = JSON.stringify([this.#channels, this.#placeless]);
    this.#placeless = placeless;
    this.#channels = channels.filter((name) => !placeless.includes(name));
    if (JSON.stringify([this.#channels, placeless]) !== before) this.#built = null;
  }

  /** The whole tree with everything beside it. */
  get routing(): RoutingConfig {
    return this.#current.routing;
  }

  load(routes: readonly ConfigObjectRow[], escalations: readonly ConfigObjectRow[]): void {
    this.made.load(routes, apiRoute);
    this.escalations.load(escalations);
  }

  /** The changes are stored. */
  committed(): void {
    this.made.committed();
    this.escalations.made.committed();
  }

  /** They are not. */
  rolledBack(): void {
    this.made.rolledBack();
    this.escalations.made.rolledBack();
  }

  /** What would keep the route out, if it were there in place of what it was. */
  problemsOf(route: ApiRoute): readonly DocumentProblem[] {
    const others = this.made.entries.filter(({ row }) => row.id !== route.row.id);
    return build(this.#withChannels, [...others, route], this.#placeless).problems.get(route.row.id) ?? [];
  }

  /** Children of the top in the order in which they are tried; those that are kept out, too. */
  get entries(): RouteEntry[] {
    return [...this.#fileEntries(), ...inOrder(this.made.entries).map((made) => this.#shown(made))];
  }

  /** By the id or the name of one of the API, or by the path of one of the file. */
  find(idOrName: string): RouteEntry | null {
    const made = this.made.byId(idOrName) ?? this.made.byName(idOrName);
    if (made !== undefined) return this.#shown(made);
    return this.#fileEntries().find(({ route }) => route.path === idOrName) ?? null;
  }

  /** Those of the API that are kept out. */
  get faulty(): ApiRoute[] {
    return this.made.entries.filter(({ row }) => this.#current.problems.has(row.id));
  }

  get #current(): Built {
    this.#built ??= build(this.#withChannels, this.made.entries, this.#placeless);
    return this.#built;
  }

  /** With a receiver for each of them alone; where the file chose no receivers they are told of everything. */
  get #withChannels(): FileRouting {
    const own = this.#channels;
    const escalations = this.escalations.policies;
    const file = escalations.size === 0 ? this.#file : { ...this.#file, escalations };
    if (own.length === 0) return file;
    const alone = own.map((channel) => [`channel:${channel}`, { channels: [channel] }] as const);
    const receivers = new Map([...this.#file.receivers, ...receiversOf(Object.fromEntries(alone))]);
    const everybody = receivers.get('default');
    if (this.#file.everyChannel && everybody !== undefined)
      receivers.set('default', { ...everybody, channels: [...everybody.channels, ...own] });
    return { ...file, receivers };
  }

  #fileEntries() {
    const { route, written } = this.#file;
    return route.routes.map((child, i) => ({
      of: 'file' as const,
      route: child,
      place: written?.places[i] ?? null,
    }));
  }

  #shown(made: ApiRoute): RouteEntry {
    return { of: 'api', made, problems: this.#current.problems.get(made.row.id) ?? [] };
  }
}

/** By position, then in the order in which they were made. */
function inOrder(routes: readonly ApiRoute[]): ApiRoute[] {
  const key = ({ input }: ApiRoute) => input?.position ?? 0;
  return [...routes].sort((a, b) => key(a) - key(b) || (a.row.id < b.row.id ? -1 : 1));
}

function build(file: FileRouting, made: readonly ApiRoute[], placeless: readonly string[]): Built {
  const { written, everyChannel: _, schedules: __, directory: ___, ...routing } = file;
  const intervals = written?.intervals ?? new Map();
  const names = {
    receivers: [...file.receivers.keys()],
    intervals: [...intervals.keys()],
    escalations: [...(file.escalations?.keys() ?? [])],
    peopleOnly: new Map(placeless.map((channel) => [`channel:${channel}`, channel])),
  };
  const problems = new Map<string, DocumentProblem[]>();
  const complain = (id: string, found: readonly DocumentProblem[]) => {
    if (found.length > 0) problems.set(id, [...(problems.get(id) ?? []), ...found]);
  };
  const added = inOrder(made).flatMap(({ row, document, input, problems: ofDocument }) => {
    complain(row.id, input === null ? ofDocument : routeNameProblems(document, names));
    if (input === null || problems.has(row.id)) return [];
    return {
      input,
      complain: (path: readonly (string | number)[], message: string) =>
        complain(row.id, [{ path: dotted(path), message }]),
    };
  });
  const resolveWaitMs = written === undefined ? file.route.resolveWaitMs : written.resolveWaitMs;
  const route = added.length === 0 ? file.route : withRoutes(file.route, added, resolveWaitMs, intervals);
  return { routing: { ...routing, route }, problems };
}

function apiRoute(row: ConfigObjectRow): ApiRoute {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiRoute(document);
  return 'input' in read
    ? { row, document, input: read.input, problems: [] }
    : { row, document, input: null, problems: read.problems };
}
