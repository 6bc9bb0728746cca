// A receiver of Tocsin's webhooks that checks the signature and needs nothing but Node.
//   HOOK_SECRET="whsec_…" node examples/webhook-receiver.mjs [port, default 9000]
// What a receiver has to do: take the body as bytes, compare HMACs in constant time, refuse old timestamps, and
// remember webhook-id, because every delivery arrives at least once.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.HOOK_SECRET ?? '';
const port = Number(process.argv[2] ?? 9000);
const toleranceSeconds = 300;
const remembered = 10_000;
const longestBody = 1024 * 1024;

/** `whsec_` and base64, or the text itself. */
const key = secret.startsWith('whsec_')
  ? Buffer.from(secret.slice('whsec_'.length), 'base64')
  : Buffer.from(secret, 'utf8');

/** Null when the request is ours, else why it is not. */
function refusal(headers, body) {
  if (secret === '') return null; // unsigned, for a first look
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const given = headers['webhook-signature'];
  if (!id || !timestamp || !given) return 'the request is not signed';
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds))
    return 'the timestamp is too old';
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // While a secret is rotated there are two signatures, separated by a space.
  const right = given.split(' ').some((one) => {
    const [version, text = ''] = one.split(',', 2);
    const signature = Buffer.from(text, 'base64');
    return version === 'v1' && signature.length === expected.length && timingSafeEqual(signature, expected);
  });
  return right ? null : 'the signature is wrong';
}

const seen = new Set();
/** Whether this delivery came before. */
function isRepeated(id) {
  if (seen.has(id)) return true;
  seen.add(id);
  if (seen.size > remembered) seen.delete(seen.values().next().value);
  return false;
}

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > longestBody) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  const answer = (status, text) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
  try {
    const body = await read(request);
    const problem = refusal(request.headers, body);
    if (problem !== null) {
      console.log(`refused: ${problem}`);
      answer(401, problem);
      return;
    }
    if (isRepeated(request.headers['webhook-id'])) {
      console.log(`again: ${request.headers['webhook-id']}`);
      answer(200, 'known');
      return;
    }
    const { data } = JSON.parse(body);
    for (const alert of data.alerts) {
      const { alertname } = alert.labels;
      const line = `${alert.status} [${alert.severity}] ${alertname}: ${alert.annotations.summary ?? ''}`;
      // Labels come from whoever pushes: they must not steer a terminal.
      console.log(`${line.replace(/\p{Cc}+/gu, ' ')} (${data.reason})`);
    }
    answer(200, 'thanks');
  } catch (error) {
    console.log(`not understood: ${error.message}`);
    answer(400, 'not understood');
  }
});

server.listen(port, '127.0.0.1', () => {
  console.log(
    `listening on http://127.0.0.1:${port}${secret === '' ? ' (HOOK_SECRET is not set: nothing is verified)' : ''}`,
  );
});
