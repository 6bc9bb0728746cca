// What a command needs of the process it runs in. main.ts is the only file that knows the real one.

export interface CliHost {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** One line on standard output. */
  out(line: string): void;
  /** One line on standard error. */
  err(line: string): void;
  /** Calls back when the process is asked to end (SIGINT, SIGTERM). */
  onStop(callback: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Exit codes, as scripts and supervisors see them. */
export const exitCodes = {
  ok: 0,
  /** The command did not succeed: `check` found problems, `push` was refused, the address is taken. */
  failed: 1,
  /** Wrong usage or an invalid configuration: trying again does not help. */
  usage: 2,
  /** The store broke while running (sysexits' EX_SOFTWARE): a restart may help. */
  broken: 70,
} as const;
