// The command is started with the flags that users get.
import { describe, expect, it } from 'vitest';
import { nodeFlagsOf } from './shipped.ts';

const script = 'dist/src/main.js';

describe('the flags of node', () => {
  it.each([
    ['none', `node ${script} serve`, '#!/usr/bin/env node', []],
    [
      'from the start script',
      `node --max-semi-space-size=2 ${script} serve`,
      '#!/usr/bin/env node',
      ['--max-semi-space-size=2'],
    ],
    [
      'from the first line of the bin',
      `node ${script} serve`,
      '#!/usr/bin/env -S node --max-semi-space-size=2',
      ['--max-semi-space-size=2'],
    ],
    [
      'what npm start does, before the bin',
      `node --a ${script} serve`,
      '#!/usr/bin/env -S node --b',
      ['--a'],
    ],
  ])('%s', (_, start, firstLine, flags) => {
    expect(nodeFlagsOf(start, firstLine)).toEqual({ flags, script });
  });

  it('refuses a start script that it does not understand', () => {
    expect(() => nodeFlagsOf('sh run.sh', '#!/bin/sh')).toThrow('expected "node [flags] script ..."');
  });
});
