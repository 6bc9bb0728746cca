// The storm's own process: pushes what it is told to and keeps its ledgers. It is apart from the process that measures the
// quiet tenant, whose figures would otherwise hold the time that this load generator takes from itself.
// node storm-child.js <port of the server> <options as JSON>
import { AlertLoad } from './alert-load.ts';
import { Ledger } from './ledger.ts';
import type { Arrivals, StormCall, StormCounts, StormOptions } from './storm.ts';
import { Wire } from './wire.ts';

const { tenant, hosts, lags, connections, patienceMs } = JSON.parse(process.argv[3]!) as StormOptions;
const wire = new Wire(Number(process.argv[2]), connections);
const loads = new Map(
  Object.entries(lags).map(([prefix, lag]) => {
    const ledger = new Ledger();
    return [prefix, { ledger, load: new AlertLoad({ wire, ledger, hosts, prefix, tenant, lag }) }];
  }),
);

async function carryOut({ prefix, call, numbers }: StormCall): Promise<number | StormCounts> {
  const { ledger, load } = loads.get(prefix)!;
  const [first = 0, second = 0, third = 1] = numbers;
  switch (call) {
    case 'warmUp':
      await load.warmUp(patienceMs, false);
      return 0;
    case 'closed':
      return load.closed(first, second, patienceMs, third);
    case 'paced':
      await load.paced(first, second, third);
      return 0;
    case 'answered':
      await load.answered();
      return 0;
    case 'endRound':
      await ledger.drain(0, patienceMs);
      ledger.takeLatencies();
      load.takeAnswers();
      ledger.giveUp();
      return 0;
    case 'counts': {
      const { received, outstanding, missing, doubled, unexpected } = ledger;
      const { accepted, refused, other } = load;
      return { received, outstanding, missing, doubled, unexpected, accepted, refused, other };
    }
  }
}

process.on('message', (message: StormCall | Arrivals) => {
  if ('arrivals' in message) {
    for (const arrival of message.arrivals) {
      loads.get(arrival.host.slice(0, arrival.host.indexOf('-')))?.ledger.receive(arrival);
    }
    return;
  }
  carryOut(message).then(
    (answer) => process.send?.({ id: message.id, answer }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(1)); // the bench is gone
process.send?.({ id: 0, answer: 0 });
