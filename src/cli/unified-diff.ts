// A change of a text as a unified diff that `patch` and `git apply` take. One hunk: changes of one rule lie together.

const context = 3;

/** The lines of the diff; none where nothing changed. `name` stands in the head as `a/name` and `b/name`. */
export function unifiedDiff(before: string, after: string, name: string): string[] {
  if (before === after) return [];
  const old = linesOf(before);
  const now = linesOf(after);
  let first = 0;
  while (first < old.length && first < now.length && old[first] === now[first]) first++;
  let same = 0;
  while (
    same < old.length - first &&
    same < now.length - first &&
    old[old.length - 1 - same] === now[now.length - 1 - same]
  )
    same++;
  const begin = Math.max(0, first - context);
  const oldEnd = Math.min(old.length, old.length - same + context);
  const nowEnd = Math.min(now.length, now.length - same + context);
  const part = (lines: readonly string[], from: number, to: number, mark: string) =>
    lines.slice(from, to).flatMap((line) => {
      const text = line.replace(/\n$/, '');
      return line.endsWith('\n') ? [mark + text] : [mark + text, '\\ No newline at end of file'];
    });
  return [
    `--- a/${name}`,
    `+++ b/${name}`,
    `@@ -${place(begin, oldEnd)} +${place(begin, nowEnd)} @@`,
    ...part(old, begin, first, ' '),
    ...part(old, first, old.length - same, '-'),
    ...part(now, first, now.length - same, '+'),
    ...part(old, old.length - same, oldEnd, ' '),
  ];
}

/** With their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function place(begin: number, end: number): string {
  const count = end - begin;
  return `${count === 0 ? begin : begin + 1},${count}`;
}
