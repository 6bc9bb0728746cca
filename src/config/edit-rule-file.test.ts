import { describe, expect, it } from 'vitest';
import { parseRuleFile } from '../../rules/parse.ts';
import { unifiedDiff } from '../cli/unified-diff.ts';
import { changedRule } from '../effectiveness/tune.ts';
import { editRuleFile } from './edit-rule-file.ts';

const file = 'rules/host.yaml';

/** The text after the change of the rule Hot, as the suggestion for it would be. */
function edited(text: string, change = { threshold: 85, forMs: 300_000 }) {
  const { rules, problems } = parseRuleFile(text, file);
  expect(problems).toEqual([]);
  const rule = rules.find(({ name }) => name === 'Hot')!;
  const { hash } = changedRule(rule, change)!;
  const patch = { threshold: change.threshold, for: '5m' };
  return editRuleFile(text, file, { tenant: 'default', name: 'Hot', patch, hash });
}

describe('a rule file that is changed', () => {
  it('keeps comments and layout, and shows the change as a diff', () => {
    const text = `# ours
defaults: { severity: high }
rules:
  - name: Cold   # for the winter
    metric: temperature
    operator: lt
    threshold: 2

  # the one that wakes people
  -   name:   "Hot"
      metric: temperature
      operator: gt
      threshold: 80.0      # degrees
      labels: { team: 'infra' }
`;
    const after = edited(text) as string;
    expect(unifiedDiff(text, after, file).join('\n')).toMatchInlineSnapshot(`
      "--- a/rules/host.yaml
      +++ b/rules/host.yaml
      @@ -10,5 +10,6 @@
         -   name:   "Hot"
             metric: temperature
             operator: gt
      -      threshold: 80.0      # degrees
      +      threshold: 85      # degrees
      +      for: 5m
             labels: { team: 'infra' }"
    `);
  });

  it.each([
    [
      'rules: [{ name: Hot, metric: t, threshold: 80 }, { name: B, metric: t, threshold: 80 }]',
      'rules: [{ name: Hot, metric: t, threshold: 85, for: 5m }, { name: B, metric: t, threshold: 80 }]',
    ],
    [
      'rules:\r\n- threshold: 80\r\n  for: 1m\r\n  name: Hot\r\n  metric: t\r\n',
      'rules:\r\n- threshold: 85\r\n  for: 5m\r\n  name: Hot\r\n  metric: t\r\n',
    ],
    [
      'rules:\n- name: Hot\n  metric: t\n  threshold: 80',
      'rules:\n- name: Hot\n  metric: t\n  threshold: 85\n  for: 5m',
    ],
  ])('stands as it was but for that: %j', (text, after) => {
    expect(edited(text)).toBe(after);
  });

  it('is left alone where the change would reach another rule, or not its own', () => {
    const anchored =
      'rules:\n- &hot { name: Hot, metric: t, threshold: &limit 80 }\n- { name: B, metric: t, threshold: *limit }\n';
    expect(edited(anchored)).toEqual({
      problem: expect.stringContaining('cannot be made in the text alone'),
    });
    const edit = { tenant: 'default', name: 'Hot', patch: { threshold: 85 }, hash: 'another' };
    const text = 'rules: [{ name: Hot, metric: t, threshold: 80 }]';
    expect(editRuleFile(text, file, edit)).toEqual({ problem: expect.stringContaining('cannot be made') });
    expect(editRuleFile(text, file, { ...edit, name: 'Cold' })).toEqual({
      problem: 'no rule of the list is called Cold',
    });
  });
});

describe('a unified diff', () => {
  it('says where a text has no last line end', () => {
    expect(unifiedDiff('a\nb', 'a\nc\n', 'x').slice(2)).toEqual([
      '@@ -1,2 +1,2 @@',
      ' a',
      '-b',
      '\\ No newline at end of file',
      '+c',
    ]);
    expect(unifiedDiff('a\n', 'a\n', 'x')).toEqual([]);
  });
});
