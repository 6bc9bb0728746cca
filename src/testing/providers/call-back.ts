// Providers that call us: one request after the other, in the order given; a test gives it twice, late or turned round.

/** Posts a list of reports as JSON; resolves with the answer's body, alone in a list. */
export async function postJson(url: string, reports: readonly object[]): Promise<readonly string[]> {
  return [await post(url, { 'content-type': 'application/json;charset=UTF-8' }, JSON.stringify(reports))];
}

/** Resolves with the body of the answer. */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`our side answered HTTP ${answer.status}: ${text}`);
  return text;
}
