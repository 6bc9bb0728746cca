// The Liquid engine as rules use it: no files, no clock, no randomness, UTC, and every cost bounded.
import { Liquid } from 'liquidjs';

/** Longest template, in UTF-16 units. */
export const maxTemplateLength = 8 * 1024;

// include, render, layout, block look for other templates, of which there are none; capture builds texts past the
// memory limit (each capture of the one before doubles it); tablerow writes HTML.
const withoutTags = ['include', 'render', 'layout', 'block', 'capture', 'tablerow'];
const dateFilters = [
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
] as const;

type Filter = (this: unknown, value: unknown, ...more: unknown[]) => unknown;

/** `outputEscape` is asked for every value that a template writes, as a filter (`this.context`); without it values are written as they are. */
export function createEngine(outputEscape?: (this: unknown, value: unknown) => string): Liquid {
  const engine = new Liquid({
    ...(outputEscape && { outputEscape }),
    ownPropertyOnly: true,
    strictFilters: true,
    templates: {},
    renderLimit: 50,
    memoryLimit: 1e5,
    parseLimit: maxTemplateLength,
    timezoneOffset: 0,
    locale: 'en-US',
    dateFormat: '%Y-%m-%d %H:%M:%S %z',
  });
  for (const tag of withoutTags) delete engine.tags[tag];
  delete engine.filters.sample;
  // It would let a value past the escape.
  if (outputEscape) delete engine.filters.raw;
  for (const name of dateFilters) {
    const original = engine.filters[name] as Filter;
    const pure: Filter = function (value, ...more) {
      // The same alert must read the same whenever it is rendered.
      return value === 'now' || value === 'today' ? '' : original.call(this, value, ...more);
    };
    engine.filters[name] = pure;
  }
  return engine;
}

export const engine: Liquid = createEngine();

/** Liquid's own `round` filter. */
export const roundFilter = engine.filters.round as (value: unknown, digits?: number) => number;
