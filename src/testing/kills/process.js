// One life of the program: started on a data folder, ready, and ended by a signal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { faultVariable, killAtVariable } from './points.js';
export const operatorKey = 'kill-harness-operator-key-of-enough-characters';
const tailLines = 30;
const pollMs = 10;
export function startLife(options) {
  const { killAt, fault } = options;
  const spawnedAt = Date.now();
  const child = spawn(process.execPath, [options.child, options.configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      TOCSIN_ADMIN_KEY: operatorKey,
      ...(killAt && { [killAtVariable]: `${killAt.point}:${killAt.hit}` }),
      ...(fault && { [faultVariable]: fault }),
    },
  });
  const tail = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
  });
  let ended = false;
  let killedAt = Number.POSITIVE_INFINITY;
  let killedBy = null;
  let readyMs = null;
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true;
    return { code: code, signal: signal };
  });
  const listening = listenedOn(child, (line) => {
    killedAt = Math.min(killedAt, line.at);
    killedBy = line.killing;
  });
  const ready = (async () => {
    const port = await Promise.race([listening, exited.then(() => null)]);
    if (port === null) return null;
    const url = `http://127.0.0.1:${port}`;
    while (!ended) {
      if (await isReady(url)) {
        readyMs = Date.now() - spawnedAt;
        return url;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return null;
  })();
  return {
    no: options.no,
    spawnedAt,
    ready,
    exited,
    tail,
    get readyMs() {
      return readyMs;
    },
    get killedAt() {
      return killedAt;
    },
    get killedBy() {
      return killedBy;
    },
    kill() {
      killedAt = Math.min(killedAt, Date.now());
      child.kill('SIGKILL');
    },
    end: () => void child.kill('SIGTERM'),
  };
}
async function isReady(url) {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // not listening any more, or killed in the middle of the answer
  }
}
function listenedOn(child, killing) {
  return new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => {
      const line = JSON.parse(text);
      if ('listening' in line) resolve(line.listening);
      else killing(line);
    });
    lines.on('close', () => resolve(null));
  });
}
//# sourceMappingURL=process.js.map
