// The rows of the matrix of faults. A row names the tests that show it, or why it cannot happen yet.
import type { Fault } from './fault.ts';

export const faults: readonly Fault[] = [
  {
    id: 'R1',
    fault: 'kill -9 at any point of the way',
    expected: 'what was answered is there, nothing is half written, the same ids again, ready within 5 s',
    heldBy: [
      { file: 'src/testing/kills/kills.e2e.test.ts', title: 'loses nothing that was answered' },
      { file: 'src/testing/kills/kills.e2e.test.ts', title: 'has every named point in its plan' },
      { file: 'src/engine/escalations.test.ts', title: 'takes its steps on time over kills' },
      { file: 'src/engine/digests.test.ts', title: 'goes out once on the hour though the process is killed' },
    ],
  },
  {
    id: 'R2',
    fault: 'loss of power',
    expected: 'no acknowledged commit is lost',
    heldBy: [
      { file: 'src/testing/powerloss/power-loss.e2e.test.ts', title: 'takes nothing that was answered' },
    ],
  },
  {
    id: 'R3',
    fault: 'fsync or write fails (EIO)',
    expected: 'the process stops (exit 70) and recovers at its next start',
    heldBy: [
      { file: 'src/testing/io-faults/io-faults.e2e.test.ts', title: 'ends the process with code 70' },
      { file: 'src/disk/full-disk.test.ts', title: 'ends the process, whoever met it' },
    ],
  },
  {
    id: 'R4',
    fault: 'full disk',
    expected:
      'the ballast is freed, what is new gets 503, deliveries go on, it is told, and over without a restart',
    heldBy: [
      { file: 'src/disk/full-disk.test.ts', title: 'costs the write that finds it nothing' },
      { file: 'src/disk/full-disk.test.ts', title: 'is over without a restart' },
      { file: 'src/disk/full-disk.test.ts', title: 'takes no silence for absence' },
      { file: 'src/disk/full-disk.test.ts', title: 'a result is lost, never its delivery' },
      { file: 'src/disk/full-volume.e2e.test.ts', title: 'refuses what is new' },
    ],
  },
  {
    id: 'R5',
    fault: 'the wall clock jumps; 2038; a leap day',
    expected: 'no `for` is cut short, no storm of repeats, the jump is told',
    heldBy: [
      { file: 'src/testing/machine/machine.e2e.test.ts', title: 'from a leap day on' },
      { file: 'src/engine/engine.test.ts', title: 'by a day back: a pending alert fires after its `for`' },
      { file: 'src/engine/engine.test.ts', title: 'by a day forward' },
    ],
  },
  {
    id: 'R6',
    fault: 'daylight saving, another time zone',
    expected: 'nothing is lost in the gap or told twice in the overlap',
    heldBy: [
      {
        file: 'src/policy/quiet-hours.test.ts',
        title: 'end when the clock is put forward past their end',
      },
      {
        file: 'src/pipeline/on-the-clock.test.ts',
        title: 'come every hour of the night in which Vienna puts its clocks back',
      },
      { file: 'rules/time-interval.test.ts', title: 'say the same as a walk minute by minute' },
    ],
  },
  {
    id: 'R7',
    fault: 'the loop or the process stands still',
    expected: 'nothing is told twice beyond what a lost lease explains, the lateness shows',
    heldBy: [
      { file: 'src/engine/engine.test.ts', title: 'under a loop that stands still' },
      { file: 'src/testing/machine/machine.e2e.test.ts', title: 'that is stopped while a receiver answers' },
    ],
  },
  {
    id: 'R8',
    fault: 'a provider that is slow or hangs',
    expected:
      'others are not delayed, attempts are bounded, the channel is paused, every attempt has its deadline',
    heldBy: [
      { file: 'src/delivery/hung-provider.test.ts', title: 'holds its own channel only' },
      { file: 'channels/webhook-faults.test.ts', title: 'a black hole' },
    ],
  },
  {
    id: 'R9',
    fault: 'a provider that refuses: 5xx, 429, 4xx, 410, 3xx',
    expected: 'tried again later, when it says so, or dead at once, by the kind of the answer',
    heldBy: [
      { file: 'channels/webhook-faults.test.ts', title: 'an answer that is none of 2xx' },
      { file: 'src/policy/plan.test.ts', title: 'spends no attempt on a provider that is busy' },
      { file: 'src/policy/breaker.test.ts', title: 'a breaker > opens at the fifth failure in a row' },
      { file: 'src/testing/chaos/chaos.e2e.test.ts', title: 'brings home what was accepted' },
    ],
  },
  {
    id: 'R10',
    fault: 'half-open, reset, TLS faults, garbage, endless or packed replies',
    expected: 'a typed result, a bounded read, another attempt under the same id',
    heldBy: [
      { file: 'src/delivery/hung-provider.test.ts', title: 'loses no webhook and no mail' },
      { file: 'channels/webhook-faults.test.ts', title: 'a webhook through' },
      { file: 'channels/webhook-faults.test.ts', title: 'a webhook under TLS' },
      { file: 'channels/webhook-faults.test.ts', title: 'a reply without end' },
      { file: 'channels/email-faults.test.ts', title: 'a mail through' },
      { file: 'channels/email-faults.test.ts', title: 'a mail server that talks without end' },
    ],
  },
  {
    id: 'R11',
    fault: 'names that do not resolve, stall or move',
    expected: 'tried again, nothing remembered, others are resolved meanwhile',
    heldBy: [
      { file: 'src/delivery/names.test.ts', title: 'a name' },
      { file: 'src/delivery/name-places.test.ts', title: 'of a resolver that stalls' },
    ],
  },
  {
    id: 'R12',
    fault: 'PostgreSQL restarts, fails over, is read-only',
    expected: '503, nothing acknowledged is lost',
    heldBy: [],
    notYet: 'there is no PostgreSQL store yet; what a store may do wrong is in the store contract',
  },
  {
    id: 'R13',
    fault: 'Redis restarts, is emptied, is gone',
    expected: 'duplicates 0, delay bounded',
    heldBy: [],
    notYet: 'there is no Redis yet',
  },
  {
    id: 'R14',
    fault: 'the same request again, callbacks twice or out of order',
    expected: 'the same id and the same answer',
    heldBy: [
      { file: 'src/http/routes/events.test.ts', title: 'is one event for one Idempotency-Key' },
      { file: 'src/http/routes/callbacks.test.ts', title: 'says it again as often as it is asked' },
      { file: 'src/http/routes/callbacks-ses.test.ts', title: 'ends the same whatever the order' },
    ],
  },
  {
    id: 'R15',
    fault: 'two processes race',
    expected: 'one owner',
    heldBy: [
      { file: 'src/store/sqlite/sqlite-store.test.ts', title: 'refuses a second owner of the same file' },
    ],
    notYet: 'one process owns a data folder; there is no cluster yet',
  },
  {
    id: 'R16',
    fault: 'a process is cut off from its database',
    expected: 'it stops sending',
    heldBy: [],
    notYet: 'the database is a file of the process; there is no cluster yet',
  },
  {
    id: 'R17',
    fault: 'a message that kills the process',
    expected: 'it is put aside after three deaths, the others go on',
    heldBy: [{ file: 'src/delivery/paused-channel.test.ts', title: 'is put aside after the third time' }],
  },
  {
    id: 'R18',
    fault: 'huge payloads',
    expected: '413 before they are decoded; what is accepted is never cut silently',
    heldBy: [
      { file: 'src/http/body.test.ts', title: 'refuses what is too long before it is decoded' },
      { file: 'src/http/body.test.ts', title: 'bounds a body of unknown length' },
      { file: 'src/http/hostile.test.ts', title: 'is taken as it is or refused with its index' },
    ],
  },
  {
    id: 'R19',
    fault: 'a backlog at the start',
    expected: 'urgent first, no herd, each message once',
    heldBy: [{ file: 'src/delivery/backlog.test.ts', title: 'a backlog at a start' }],
  },
  {
    id: 'R20',
    fault: 'a storm of alerts',
    expected: 'nobody else is starved, the urgent go first, and one summary tells of the others',
    heldBy: [
      { file: 'src/pipeline/storm.test.ts', title: 'of five hundred alike is a few messages' },
      { file: 'src/engine/turn-budget.test.ts', title: 'are fewer where a row costs much' },
      { file: 'src/delivery/dispatcher.test.ts', title: 'keeps an eighth of them for tenants' },
      { file: 'src/delivery/backlog.test.ts', title: 'a backlog at a start' },
      { file: 'src/engine/engine.test.ts', title: 'is asked to slow down, and others are not' },
    ],
  },
  {
    id: 'R21',
    fault: 'SIGTERM in the middle of sending; two starts on one folder',
    expected: 'what is under way ends and is stored; the second start refuses',
    heldBy: [
      { file: 'src/testing/machine/machine.e2e.test.ts', title: 'that is asked to end' },
      { file: 'src/store/sqlite/sqlite-store.test.ts', title: 'refuses a second owner of the same file' },
    ],
  },
  {
    id: 'R22',
    fault: 'damage of the database, a newer schema',
    expected: 'found at the start, refused, with what to do',
    heldBy: [
      { file: 'src/cli/damage.test.ts', title: 'finds flipped bytes' },
      { file: 'src/store/sqlite/sqlite-store.test.ts', title: 'refuses a database of a newer version' },
      { file: 'src/ingest/history-sqlite.test.ts', title: 'refuses a file of a newer version' },
    ],
    notYet: 'there is no online backup to restore from yet',
  },
  {
    id: 'R23',
    fault: 'Tocsin itself is dead',
    expected: 'somebody else tells',
    heldBy: [],
    notYet: 'there is no heartbeat to the outside yet; `/health/ready` is there to be watched',
  },
  {
    id: 'S1',
    fault: 'a flood of new series',
    expected: 'a bound for each tenant, a counter, flat memory',
    heldBy: [
      { file: 'src/http/hostile.test.ts', title: 'are refused beyond the bound of their tenant' },
      { file: 'src/http/hostile.test.ts', title: 'are counted, so that the operator sees the flood' },
    ],
  },
  {
    id: 'S2',
    fault: 'labels that are too many or too long',
    expected: 'refused, never cut',
    heldBy: [
      { file: 'src/http/hostile.test.ts', title: 'with 65 labels is taken as it is or refused' },
      { file: 'src/http/hostile.test.ts', title: 'with a longer value' },
    ],
  },
  {
    id: 'S3',
    fault: 'deep JSON',
    expected: 'found before it is parsed',
    heldBy: [
      { file: 'src/ingest/json-depth.test.ts', title: 'answers for a million brackets' },
      { file: 'src/http/body.test.ts', title: 'refuses JSON that nests too deeply' },
    ],
  },
  {
    id: 'S4',
    fault: 'regular expressions that cost',
    expected: 'linear in time, bounded in size',
    heldBy: [
      { file: 'rules/matchers.test.ts', title: 'is answered on a value as long as a label may be' },
      { file: 'rules/matchers.test.ts', title: 'is refused with a reason' },
      { file: 'src/testing/fuzz/fuzz.test.ts', title: 'patterns/many-counted-repeats' },
    ],
  },
  {
    id: 'S5',
    fault: 'YAML bombs',
    expected: 'refused, in a thread, in bounded time and memory',
    heldBy: [
      { file: 'rules/parse.test.ts', title: 'a hostile rule file' },
      { file: 'src/config/rule-reader.test.ts', title: 'keep nobody waiting' },
      { file: 'src/config/rule-reader.test.ts', title: 'are read in it at a start too' },
      { file: 'src/http/routes/rules.test.ts', title: 'of more than 64 KiB is refused' },
    ],
  },
  {
    id: 'S6',
    fault: 'templates that reach out',
    expected: 'only what they were given, bounded steps and output',
    heldBy: [
      { file: 'rules/template/template.test.ts', title: 'show nothing but what they were given' },
      { file: 'rules/template/template.test.ts', title: 'write at most 32 KiB' },
      { file: 'rules/template/template.test.ts', title: 'end after a fixed number of steps' },
    ],
  },
  {
    id: 'S7',
    fault: 'markup in messages',
    expected: 'escaped for the channel',
    heldBy: [
      { file: 'channels/escaping.test.ts', title: 'any text in any place of a message' },
      { file: 'src/reports/report.test.ts', title: 'quotes what has to be' },
    ],
  },
  {
    id: 'S8',
    fault: 'calls to addresses inside',
    expected: 'none reaches the canary',
    heldBy: [
      { file: 'src/delivery/egress-canary.test.ts', title: 'is not reached by a webhook' },
      { file: 'src/delivery/egress-canary.test.ts', title: 'is not reached by a redirect' },
      {
        file: 'src/delivery/egress-canary.test.ts',
        title: 'is not reached by a name whose resolver changes its mind',
      },
      {
        file: 'src/delivery/egress-canary.test.ts',
        title: 'is reached by them where the operator allows it',
      },
      { file: 'src/delivery/egress.test.ts', title: 'on ordinary and other ports' },
      { file: 'src/delivery/egress-proxy.test.ts', title: 'inside addresses are refused before it is asked' },
      {
        file: 'channels/email-ses-receipts.test.ts',
        title: 'fetches nothing for what it did not say',
      },
    ],
  },
  {
    id: 'S9',
    fault: 'header injection',
    expected: 'no line break reaches a header, recipients come from the configuration alone',
    heldBy: [
      { file: 'channels/email.test.ts', title: 'lets no label add a header' },
      { file: 'channels/webhook.test.ts', title: 'a header with a line break' },
    ],
  },
  {
    id: 'S10',
    fault: 'mails that read files or URLs',
    expected: 'they read none',
    heldBy: [{ file: 'channels/email.test.ts', title: 'reads no file and no URL' }],
  },
  {
    id: 'S11',
    fault: 'forged tokens (JWT)',
    expected: 'refused',
    heldBy: [],
    notYet: 'there are no JWTs yet',
  },
  {
    id: 'S12',
    fault: 'timing of key comparison',
    expected: 'compared in constant time, unknown keys too',
    heldBy: [{ file: 'src/http/keys.test.ts', title: 'opens nothing when it is unknown, cut, changed' }],
    notYet: 'time itself is not measured in a test',
  },
  {
    id: 'S13',
    fault: 'ids of another tenant',
    expected: '404 and nothing written, over the whole route table',
    heldBy: [
      { file: 'src/http/access-matrix.test.ts', title: 'knows what every route takes' },
      { file: 'src/http/access-matrix.test.ts', title: 'whoever has no right to it' },
    ],
  },
  {
    id: 'S14',
    fault: 'secrets in logs, reads, errors, databases',
    expected: 'none',
    heldBy: [
      { file: 'src/secrets.test.ts', title: 'nothing that comes out of the program' },
      { file: 'src/secrets.test.ts', title: 'no problem of a configuration' },
    ],
  },
  {
    id: 'S15',
    fault: 'prototype pollution',
    expected: 'refused as keys, reaches nothing',
    heldBy: [
      { file: 'src/http/hostile.test.ts', title: 'as a key anywhere' },
      { file: 'src/config/load.test.ts', title: 'reaches no prototype' },
      { file: 'rules/template/template.test.ts', title: 'see no prototype' },
    ],
  },
  {
    id: 'S16',
    fault: 'paths out of the folder, pipes, devices',
    expected: 'refused or not waited for',
    heldBy: [
      { file: 'src/config/rule-files.test.ts', title: 'follows links within a folder' },
      { file: 'src/config/rule-files.test.ts', title: 'waits for no pipe' },
      { file: 'src/config/load.test.ts', title: 'is not waited for when it is a pipe' },
    ],
  },
  {
    id: 'S17',
    fault: 'decompression bombs',
    expected: 'stopped at the bound',
    heldBy: [
      { file: 'src/ingest/inflate.test.ts', title: 'stops a bomb at the bound' },
      { file: 'src/ingest/inflate.test.ts', title: 'stops what grows more than a hundredfold' },
      { file: 'src/http/hostile.test.ts', title: 'with a gzip bomb is told 413' },
    ],
  },
  {
    id: 'S18',
    fault: 'cross-site requests',
    expected: 'refused',
    heldBy: [],
    notYet: 'there are no cookies yet; every request brings its key',
  },
  {
    id: 'S19',
    fault: 'scripts in pages',
    expected: 'a strict policy, no inline script',
    heldBy: [
      { file: 'src/http/headers.test.ts', title: 'the headers of every answer' },
      { file: 'src/http/routes/links.test.ts', title: 'and lets nothing out' },
      { file: 'src/reports/report.test.ts', title: 'allows its own style alone' },
    ],
  },
  {
    id: 'S20',
    fault: 'guessing of keys',
    expected: 'a wait for the address and the key, in the audit',
    heldBy: [
      { file: 'src/http/door.test.ts', title: 'is refused ten times and then has to wait' },
      { file: 'src/http/brake.test.ts', title: 'the brake' },
    ],
  },
  {
    id: 'S21',
    fault: 'connections that drip or sit',
    expected: 'gone within 15 s, others are served',
    heldBy: [{ file: 'src/http/slow-clients.e2e.test.ts', title: 'has none of 300 dripping connections' }],
    notYet: 'live connections per tenant come with WebSocket and SSE',
  },
  {
    id: 'S22',
    fault: 'requests that are ambiguous or malformed',
    expected: '400 or 431, the process stays',
    heldBy: [
      { file: 'src/http/hostile.test.ts', title: 'that is ambiguous is answered 400' },
      { file: 'src/http/server.test.ts', title: 'answers headers that are too large' },
      { file: 'src/testing/fuzz/fuzz.test.ts', title: 'finds nothing in any target' },
    ],
  },
  {
    id: 'S23',
    fault: 'the supply chain',
    expected: 'locked versions, few packages, one install script',
    heldBy: [
      { file: 'scripts/supply-chain.test.ts', title: 'every package is locked' },
      { file: 'scripts/supply-chain.test.ts', title: 'only packages that are allowed' },
    ],
    notYet: 'audit and provenance need a hosted CI',
  },
  {
    id: 'S24',
    fault: 'forged log lines',
    expected: 'one line of printable JSON for an event',
    heldBy: [{ file: 'src/log-pino.test.ts', title: 'is one line of printable text' }],
  },
  {
    id: 'S25',
    fault: 'forged or replayed incoming webhooks',
    expected: 'refused',
    heldBy: [
      { file: 'src/http/routes/webhooks.test.ts', title: 'is refused without a key, whatever it sends' },
      { file: 'src/http/routes/webhooks.test.ts', title: 'the same delivery again changes nothing' },
      { file: 'src/http/routes/callbacks.test.ts', title: 'makes an address wait that forges' },
      { file: 'channels/email-ses-receipts.test.ts', title: 'refuses what the topic did not sign' },
    ],
  },
];
