// The templates that one tenant made through the API, beside those of the file, which are everybody's.
import type { DocumentProblem } from '../config/api-rule.ts';
import { readApiTemplate } from '../config/api-template.ts';
import type { Wording } from '../delivery/message-template.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

export interface ApiTemplate extends MadeObject {
  /** Null when this version of the program cannot read it. */
  readonly wording: Wording | null;
  readonly problems: readonly DocumentProblem[];
}

export class TemplateBook {
  readonly tenant: string;
  readonly made = new ObjectBook<ApiTemplate>(() => {});
  readonly ofFile: ReadonlyMap<string, Wording>;

  constructor(tenant: string, ofFile: ReadonlyMap<string, Wording>) {
    this.tenant = tenant;
    this.ofFile = ofFile;
  }

  load(rows: readonly ConfigObjectRow[]): void {
    this.made.load(rows, apiTemplate);
  }

  get names(): string[] {
    return [...this.ofFile.keys(), ...this.made.entries.map(({ row }) => row.name)];
  }

  /** Those that are used: of the file is the one that has a name first. */
  get wordings(): ReadonlyMap<string, Wording> {
    return new Map(
      this.made.entries.flatMap(({ row, wording }) =>
        wording === null || this.ofFile.has(row.name) ? [] : [[row.name, wording] as const],
      ),
    );
  }

  problemsOf({ row, problems }: ApiTemplate): readonly DocumentProblem[] {
    if (!this.ofFile.has(row.name)) return problems;
    return [{ path: 'name', message: 'a template of the file has this name and is used in its place' }];
  }
}

function apiTemplate(row: ConfigObjectRow): ApiTemplate {
  const document = JSON.parse(row.body) as ObjectDocument;
  const read = readApiTemplate(document);
  return 'wording' in read
    ? { row, document, wording: read.wording, problems: [] }
    : { row, document, wording: null, problems: read.problems };
}
