// The description of the API, made from the same schemas that validate. Built at the first request and kept: the
// generator is loaded only then.
import { answer, type Route, route } from '../route.ts';

export function openapiRoutes(others: readonly Route[]): readonly Route[] {
  let document: Promise<unknown> | null = null;
  const own: Route = route({
    method: 'get',
    path: '/openapi.json',
    requires: 'authenticated',
    scope: 'installation',
    tag: 'health',
    summary: 'This description, OpenAPI 3.1.',
    answers: { 200: { description: 'OpenAPI document' } },
    async handler({ c }): Promise<Response> {
      document ??= import('../openapi.ts').then((module) => module.describe([...others, own]));
      return answer(c, 200, await document);
    },
  });
  return [own];
}
