// The commands below `tocsin alerts` and what they take.
import { type Command, InvalidArgumentError } from 'commander';
import type { AlertListFlags, AlertResponseFlags } from './flags.ts';
import type { CliHost } from './host.ts';
import type { RemoteFlags } from './remote.ts';

/** Adds `alerts …` to the program; `ended` gets the exit code of the one that ran. */
export function addAlertCommands(program: Command, host: CliHost, ended: (code: number) => void): void {
  const alerts = program
    .command('alerts')
    .description('Look at the alerts of a running Tocsin, and answer them.');
  const command = (usage: string, description: string) =>
    alerts
      .command(usage)
      .description(description)
      .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
      .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
      .option('--tenant <name>', 'tenant, for keys of all tenants');

  command('list', 'List alerts, newest first; those that are open unless --state says otherwise.')
    .option('--state <states>', 'pending,firing,resolved')
    .option('--severity <severities>', 'e.g. high,critical')
    .option('--assignee <name>', 'whose they are')
    .option('--since <time>', 'fired at that time or later')
    .option('--match <matcher...>', 'e.g. env="prod"; all must hold')
    .option('-q <words>', 'words in labels, annotations and comments')
    .option('--limit <n>', 'so many at most (default: 50)', count)
    .option('--json', 'a line of JSON for each')
    .action(async (flags: AlertListFlags) => {
      ended(await (await import('./alerts.ts')).listCommand(host, flags));
    });
  command('show', 'Show one alert and its comments as JSON.')
    .argument('<id>')
    .action(async (id: string, flags: RemoteFlags) => {
      ended(await (await import('./alerts.ts')).showCommand(host, id, flags));
    });

  type What = 'acknowledge' | 'snooze' | 'resolve' | 'assign' | 'comments';
  const respond = async (
    what: What,
    ids: readonly string[],
    fields: Readonly<Record<string, unknown>>,
    flags: AlertResponseFlags,
  ) => ended(await (await import('./alerts.ts')).respondCommand(host, what, ids, fields, flags));
  command('ack', 'Take alerts: their repeats are held back.')
    .argument('<id...>')
    .option('--for <span>', 'for so long, e.g. 2h')
    .option('--until <time>', 'until then')
    .option('--owner <name>', 'who takes them (default: the key)')
    .option('--note <text>')
    .option('--undo', 'take it back')
    .action((ids: string[], flags: AlertResponseFlags) => respond('acknowledge', ids, {}, flags));
  command('snooze', 'Say nothing of alerts for a while but that they resolved.')
    .argument('<id...>')
    .option('--for <span>', 'for so long, e.g. 2h')
    .option('--until <time>', 'until then')
    .option('--note <text>')
    .option('--undo', 'end it')
    .action((ids: string[], flags: AlertResponseFlags) => respond('snooze', ids, {}, flags));
  command('resolve', 'End alerts by hand.')
    .argument('<id...>')
    .option('--note <text>')
    .action((ids: string[], flags: AlertResponseFlags) => respond('resolve', ids, {}, flags));
  command('assign', 'Say whose an alert is.')
    .argument('<id>')
    .argument('[name]', 'nobody without it')
    .option('--note <text>')
    .action((id: string, to: string | undefined, flags: AlertResponseFlags) =>
      respond('assign', [id], { to: to ?? null }, flags),
    );
  command('comment', 'Say something about an alert.')
    .argument('<id>')
    .argument('<text>')
    .action((id: string, text: string, flags: AlertResponseFlags) =>
      respond('comments', [id], { text }, flags),
    );
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number above 0.');
  return value;
}
