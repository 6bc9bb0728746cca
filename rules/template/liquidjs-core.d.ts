// What the core uses of liquidjs. The package's own typings pull in Node's, which the core must not see, so the core's
// tsconfig maps `liquidjs` to this file; the ordinary compile checks the same calls against the real ones.

export interface LiquidOptions {
  ownPropertyOnly?: boolean;
  strictFilters?: boolean;
  templates?: Record<string, string>;
  renderLimit?: number;
  memoryLimit?: number;
  parseLimit?: number;
  timezoneOffset?: number | string;
  dateFormat?: string;
  locale?: string;
  outputEscape?: (value: unknown) => string;
}

export interface Template {
  readonly token: { getPosition(): number[] };
}

export interface Emitter {
  write(html: unknown): void;
  buffer: string;
}

export declare class Context {
  constructor(
    scope: object,
    options: unknown,
    renderOptions: { sync: boolean; strictVariables?: boolean; renderLimit?: number },
    more: { liquid: Liquid; renderLimit?: Limiter },
  );
  readonly renderLimit: Limiter;
}

export interface Limiter {
  check(count: number): void;
}

/** `{{ … }}` */
export declare class Output implements Template {
  readonly token: { getPosition(): number[] };
}

export declare class LiquidError extends Error {
  readonly token: { getPosition(): number[] };
  readonly originalError?: Error;
  static is(value: unknown): value is LiquidError;
}

export declare class Variable {
  readonly segments: (string | number | Variable)[];
  readonly location: { row: number; col: number };
}

export interface StaticAnalysis {
  readonly variables: Record<string, Variable[]>;
  readonly globals: Record<string, Variable[]>;
}

export declare class Liquid {
  constructor(options: LiquidOptions);
  readonly options: object;
  readonly filters: Record<string, unknown>;
  readonly tags: Record<string, unknown>;
  readonly renderer: {
    renderTemplates(templates: Template[], context: Context, emitter: Emitter): IterableIterator<unknown>;
  };
  parse(text: string): Template[];
  analyzeSync(template: Template[], options?: { partials?: boolean }): StaticAnalysis;
}

export declare function toValueSync(generator: IterableIterator<unknown>): unknown;
