// The command line: which commands there are and what they take. Each command's own code is loaded when it runs, so
// that `version` and `--help` are quick.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { addAlertCommands } from './alerts-program.ts';
import type {
  AuditVerifyFlags,
  BacktestFlags,
  CheckFlags,
  DataFlags,
  DemoFlags,
  EffectivenessFlags,
  ExplainFlags,
  ExportFlags,
  OnCallFlags,
  PushFlags,
  ReportFlags,
  RouteTestFlags,
  SchemaFlags,
  SendTestFlags,
  ServeFlags,
  SilenceAddFlags,
  SilenceFlags,
  SilenceListFlags,
  SilenceTryFlags,
  TemplatePreviewFlags,
  TestFlags,
} from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { sendTestMethods } from './send-test-methods.ts';

/** Runs one command line; the exit code when it is done (`serve`: when it was asked to end). */
export async function runCli(host: CliHost): Promise<number> {
  let code: number = exitCodes.ok;
  const program = new Command('tocsin')
    .description('Alert rule engine and monitoring sidecar.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out(text.trimEnd()),
      writeErr: (text) => host.err(text.trimEnd()),
    })
    .showHelpAfterError('(tocsin --help shows what there is)')
    .helpCommand(true);

  program
    .command('serve')
    .description('Run Tocsin: take metrics and events in, send alerts out.')
    .option('-c, --config <file>', 'configuration file (default: tocsin.yaml of this folder, else defaults)')
    .option('-l, --listen <host:port>', 'where to listen (TOCSIN_LISTEN, PORT)')
    .option('-d, --data <folder>', 'folder of the databases (TOCSIN_DATA)')
    .option('-r, --rules <path...>', 'rule files and folders of them')
    .option('--mock', 'every channel accepts and sends nothing')
    .addHelpText(
      'after',
      '\nTOCSIN_ADMIN_KEY sets the operator key (32 characters or more); else one is made and shown once.',
    )
    .action(async (flags: ServeFlags) => {
      code = await (await import('./serve.ts')).serveCommand(host, flags);
    });

  program
    .command('check')
    .description('Check configuration and rules; prints every problem with file, line and column.')
    .option('-c, --config <file>', 'configuration file (default: tocsin.yaml of this folder)')
    .option('-r, --rules <path...>', 'rule files and folders of them')
    .action(async (flags: CheckFlags) => {
      code = await (await import('./check.ts')).checkCommand(host, flags);
    });

  program
    .command('test')
    .description('Test rules: given samples and events, are the alerts and messages as expected?')
    .argument('<paths...>', 'test files, and folders of *.test.yaml')
    .option('--junit <file>', 'also write the outcome as JUnit XML')
    .action(async (paths: readonly string[], flags: TestFlags) => {
      code = await (await import('./test.ts')).testCommand(host, paths, flags);
    });

  program
    .command('backtest')
    .description(
      'What rules would have done on stored samples, and with --against, what other versions of them.',
    )
    .option('-r, --rules <path...>', 'rule files and folders of them (default: those of the configuration)')
    .option('--against <path...>', 'the rules to compare with')
    .option('-d, --data <folder>', 'folder of the databases (TOCSIN_DATA)')
    .option('--samples <file>', 'samples as NDJSON, instead of a data folder')
    .option('--from <time>', 'a time, or a span before now such as 7d (default: 7d, or the first sample)')
    .option('--to <time>', 'the same (default: now, or the last sample)')
    .option('--tenant <name>', 'whose rules and samples (default: the tenant of the first rule)')
    .option('-c, --config <file>', 'configuration file, for routes, receivers and where the data is')
    .option('--json', 'print the figures as JSON')
    .action(async (flags: BacktestFlags) => {
      code = await (await import('./backtest.ts')).backtestCommand(host, flags);
    });

  program
    .command('effectiveness')
    .description('How rules did: fired, acted on, noise, late; for one of files also what could be changed.')
    .argument('[rule]', 'only this one')
    .option('--suggest', 'changes of the rule that stored samples prove to lose nothing that people acted on')
    .option('--apply [n]', 'make the first of them, or the n-th, in the file of the rule')
    .option('--from <time>', 'a time, or a span before now such as 7d (default: 14d; with --suggest 7d)')
    .option('--to <time>', 'the same (default: now)')
    .option('-r, --rules <path...>', 'rule files and folders of them (default: those of the configuration)')
    .option('-d, --data <folder>', 'folder of the databases (TOCSIN_DATA)')
    .option('--tenant <name>', 'whose rules (default: the tenant of the first rule)')
    .option('-c, --config <file>', 'configuration file, for routes, receivers and where the data is')
    .option('--json', 'print the figures as JSON')
    .action(async (rule: string | undefined, flags: EffectivenessFlags) => {
      code = await (await import('./effectiveness.ts')).effectivenessCommand(host, rule, flags);
    });

  program
    .command('route')
    .description('The routing tree.')
    .command('test')
    .description('Who would be told of an alert with these labels, and why.')
    .argument('<labels...>', 'name=value, e.g. severity=critical alertname=HighCpu')
    .option('-c, --config <file>', 'configuration file (default: tocsin.yaml of this folder)')
    .option('--tenant <name>', 'whose routing (default: default)')
    .option('--at <time>', 'an RFC 3339 time, for what is mute at times (default: now)', pointInTime)
    .option('--expect <receiver...>', 'exit with 1 unless exactly these are told')
    .option('--json', 'print it as the API answers it')
    .action(async (words: readonly string[], flags: RouteTestFlags) => {
      const labels = words.reduce<Record<string, string>>((before, word) => label(word, before), {});
      code = (await import('./route-test.ts')).routeTestCommand(host, labels, flags);
    });

  program
    .command('template')
    .description("Users' words for messages.")
    .command('preview')
    .description('What a running Tocsin would send in the words of a template; nothing is sent.')
    .argument('[name]', 'name of a configured template')
    .requiredOption('--channel <channel>', 'name of a channel, or a kind of which one is configured')
    .option('--file <file>', 'a text that is not configured yet, instead of a name')
    .option('--sample <sample>', 'firing, resolved or event (default: firing)')
    .option('--notification <id>', 'a stored notification instead of a sample')
    .option('--locale <locale>', 'en, zh-TW or zh-CN')
    .option('--json', 'print the answer as JSON')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (name: string | undefined, flags: TemplatePreviewFlags) => {
      code = await (await import('./template-preview.ts')).templatePreviewCommand(host, name, flags);
    });

  program
    .command('schema')
    .description('Print the JSON Schema of rule files, for editors.')
    .option('-o, --out <file>', 'write it there instead')
    .action(async (flags: SchemaFlags) => {
      code = await (await import('./schema.ts')).schemaCommand(host, flags);
    });

  program
    .command('push')
    .description('Push one sample to a running Tocsin.')
    .argument('<metric>', 'name of the metric, e.g. system.cpu.usage')
    .argument('<value>', 'a number', finiteNumber)
    .option('--label <name=value>', 'a label; may be repeated', label, {})
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (metric: string, value: number, flags: PushFlags) => {
      code = await (await import('./push.ts')).pushCommand(host, metric, value, flags);
    });

  program
    .command('explain')
    .description('Why somebody was told of an alert, or was not: by its id, or by labels and a time.')
    .argument('[id]', 'id of the alert, as `alerts list` shows it')
    .option('--label <name=value>', 'a label; may be repeated', label, {})
    .option('--match <matcher...>', 'matchers such as \'env=~"prod|stage"\'')
    .option(
      '--at <time>',
      'a time such as 03:00 or "2026-03-14 03:00", or a span ago such as 2h (default: now)',
    )
    .option('--tz <zone>', 'time zone of --at and of the times shown (default: that of this machine)')
    .option('--locale <locale>', 'en, zh-TW or zh-CN')
    .option('--json', 'print the answer as JSON')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (id: string | undefined, flags: ExplainFlags) => {
      code = await (await import('./explain.ts')).explainCommand(host, id, flags);
    });

  program
    .command('on-call')
    .description('Who is on call by each schedule, until when, and who is next.')
    .argument('[schedule]', 'only this one')
    .option(
      '--at <time>',
      'a time such as 22:00 (of today), "2026-12-24 18:00", or a span ago such as 2h (default: now)',
    )
    .option('--next', 'who is next, and from when')
    .option('--tz <zone>', 'time zone of --at and of the times shown (default: that of this machine)')
    .option('--json', 'print the answer as JSON')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (schedule: string | undefined, flags: OnCallFlags) => {
      code = await (await import('./on-call.ts')).onCallCommand(host, schedule, flags);
    });

  program
    .command('export')
    .description('Write the rules that were made through the API as rule files, one for each group.')
    .option('-o, --out <folder>', 'folder for the files (default: standard output)')
    .option('--group <name>', 'only the rules of this group')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'whose rules; stands in the files, too')
    .action(async (flags: ExportFlags) => {
      code = await (await import('./export.ts')).exportCommand(host, flags);
    });

  addAlertCommands(program, host, (ended) => {
    code = ended;
  });
  const silence = program.command('silence').description('Silences of a running Tocsin.');
  const remote = (command: Command): Command =>
    command
      .option('--json', 'print the answer as JSON')
      .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
      .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
      .option('--tenant <name>', 'tenant, for keys of all tenants');
  const matchers = ['<matchers...>', 'e.g. host=web-1 \'severity=~"info|warning"\''] as const;
  remote(silence.command('add').argument(...matchers))
    .description('Hold back what the matchers take, for a while.')
    .requiredOption('--comment <text>', 'why')
    .option('--for <duration>', 'how long, e.g. 2h')
    .option('--end <time>', 'until then, instead of --for')
    .option('--start <time>', 'from then on (default: now)')
    .option('--by <name>', 'who wants it (default: the key)')
    .option('--recurs <json>', 'times at which it holds, a list of time intervals', json)
    .action(async (given: readonly string[], flags: SilenceAddFlags) => {
      code = await (await import('./silence.ts')).addCommand(host, given, flags);
    });
  remote(silence.command('list'))
    .description('List silences, newest first.')
    .option('--state <states>', 'of pending, active, expired; with commas', 'pending,active')
    .option('--matcher <matcher...>', 'only those that ask for this', [])
    .action(async (flags: SilenceListFlags) => {
      code = await (await import('./silence.ts')).listCommand(host, flags);
    });
  remote(silence.command('show').argument('<id>'))
    .description('Show one, with how many alerts it holds back now.')
    .action(async (id: string, flags: SilenceFlags) => {
      code = await (await import('./silence.ts')).showCommand(host, id, flags);
    });
  remote(silence.command('expire').argument('<ids...>'))
    .description('End silences now.')
    .action(async (ids: readonly string[], flags: SilenceFlags) => {
      code = await (await import('./silence.ts')).expireCommand(host, ids, flags);
    });
  remote(silence.command('preview').argument(...matchers))
    .description('What the matchers would hold back now.')
    .action(async (given: readonly string[], flags: SilenceFlags) => {
      code = await (await import('./silence.ts')).previewCommand(host, given, flags);
    });
  remote(silence.command('try').argument(...matchers))
    .description('What they would have held back of what was sent.')
    .option('--from <time>', 'a time, or a span before now', '1d')
    .option('--to <time>', 'the same (default: now)')
    .action(async (given: readonly string[], flags: SilenceTryFlags) => {
      code = await (await import('./silence.ts')).tryCommand(host, given, flags);
    });

  program
    .command('report')
    .description('The report of a period: alerts, deliveries, what was not sent and why.')
    .option('--from <time>', 'a time, or a span before now such as 7d', '7d')
    .option('--to <time>', 'the same (default: now)')
    .option('--format <format>', 'json, csv or html', 'json')
    .option('--locale <locale>', 'language of the HTML page: en, zh-TW or zh-CN', 'en')
    .option('--tz <zone>', 'time zone whose days count, e.g. Europe/Vienna (default: UTC)')
    .option('-o, --out <file>', 'write it there (default: standard output)')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (flags: ReportFlags) => {
      code = await (await import('./report.ts')).reportCommand(host, flags);
    });

  program
    .command('send-test')
    .description(
      'Send a test by a channel of a running Tocsin, or with --mock by nobody: does it get through?',
    )
    .option('--channel <name>', 'the channel')
    .option('--method <method>', `instead of a channel: ${sendTestMethods.join(', ')}`)
    .option(
      '--to <recipient>',
      'with --method: who is to get it; a channel that has no such recipient is refused',
    )
    .option('--mock', 'with --method: in this process alone; nothing leaves it')
    .option('--poll <duration>', 'how long to wait for it', '30s')
    .option('--message <text>', 'what it says (default: that it is a test)')
    .option('--severity <severity>', 'info unless told otherwise')
    .option('--locale <locale>', 'en, zh-TW or zh-CN')
    .option('--url <url>', 'where Tocsin listens (TOCSIN_URL)')
    .option('--key <key>', 'API key (TOCSIN_KEY, TOCSIN_ADMIN_KEY)')
    .option('--tenant <name>', 'tenant, for keys of all tenants')
    .action(async (flags: SendTestFlags) => {
      code = await (await import('./send-test.ts')).sendTestCommand(host, flags);
    });

  program
    .command('demo')
    .description(
      'Show a real incident of this machine from end to end: pending, firing, mail and webhook, resolved.',
    )
    .option('--once', 'end after the resolved message was delivered; exit code 1 if that takes over 90 s')
    .option(
      '--providers <which>',
      'sim: a WeCom robot, short messages and a phone call as well, simulated',
      simulated,
    )
    .option(
      '--incident <which>',
      'cascade: a simulated storm of alerts that becomes one message with its cause; ends by itself',
      incidentOfDemo,
    )
    .action(async (flags: DemoFlags) => {
      code = await (await import('./demo.ts')).demoCommand(host, flags);
    });

  program
    .command('key')
    .description('Keys, on the machine that has the data.')
    .command('reset')
    .description('Make a new operator key and revoke the earlier ones. Tocsin must be stopped.')
    .option('-c, --config <file>', 'configuration file, for where the data is')
    .option('-d, --data <folder>', 'folder of the databases (TOCSIN_DATA)')
    .action(async (flags: DataFlags) => {
      code = await (await import('./key-reset.ts')).keyResetCommand(host, flags);
    });

  program
    .command('audit')
    .description('The audit trail.')
    .command('verify')
    .description('Check that the audit trail is what was written; also beside a running Tocsin.')
    .option('-c, --config <file>', 'configuration file, for where the data is')
    .option('-d, --data <folder>', 'folder of the databases (TOCSIN_DATA)')
    .option('--holds <hash...>', 'hashes printed earlier that must still be there')
    .action(async (flags: AuditVerifyFlags) => {
      code = await (await import('./audit-verify.ts')).auditVerifyCommand(host, flags);
    });

  program
    .command('version')
    .description('Print the version.')
    .action(async () => {
      host.out((await import('./version.ts')).version());
    });

  try {
    await program.parseAsync([...host.argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

function finiteNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}

function simulated(text: string): 'sim' {
  if (text !== 'sim') throw new InvalidArgumentError('expected sim.');
  return text;
}

function incidentOfDemo(text: string): 'cascade' {
  if (text !== 'cascade') throw new InvalidArgumentError('expected cascade; there is no other incident yet.');
  return text;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgumentError('expected JSON.');
    throw error;
  }
}

function pointInTime(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('expected a time such as 2026-07-12T12:00:00Z.');
  return at;
}

function label(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('expected name=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
