import { expect, it } from 'vitest';
import { createIncidentStory } from './demo-incident-story.ts';

it('says what is missing until a summary came that names the cause', () => {
  const lines: string[] = [];
  const story = createIncidentStory({ print: (line) => lines.push(line), now: () => 0 });
  expect(story.missing()).toEqual(['a summary', 'the cause', 'a summary that names the cause']);
  story.message(
    JSON.stringify({
      data: {
        digest: { storm: {}, kinds: [{ name: 'DiskFull', count: 40 }] },
        analysis: { cause: { service: 'db', category: 'network', confidence: 0.9 } },
      },
    }),
  );
  expect(story.missing()).toEqual(['the cause']);
  expect(lines.join('\n')).toContain('Probable cause: db, network (90 %)');
});
