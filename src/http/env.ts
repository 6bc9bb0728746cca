// What Hono knows of a request here: the Node objects behind it (absent in process) and its id.
import type { HttpBindings } from '@hono/node-server';

export interface HttpEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { requestId: string };
}
