// `tocsin audit verify`: whether the audit trail is what was written. Reads only, also beside a running Tocsin.
import { verifyAudit } from '../store/sqlite/audit-verify.ts';
import { stateFile } from './data-folder.ts';
import type { AuditVerifyFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted } from './problems.ts';

export async function auditVerifyCommand(host: CliHost, flags: AuditVerifyFlags): Promise<number> {
  const state = stateFile(host, flags);
  if (typeof state === 'number') return state;
  const { chains, missing } = verifyAudit(state.file, flags.holds ?? []);
  let broken = 0;
  for (const { tenant, events, head, broken: at } of chains) {
    if (at === null) {
      host.out(`${tenant}: ${counted(events, 'event')} in order, the newest is ${head ?? 'none'}`);
      continue;
    }
    broken++;
    const when = new Date(at.at).toISOString();
    host.out(`${tenant}: BROKEN at event ${at.seq} (${at.id}, ${when}): it is not what was written there`);
  }
  for (const hash of missing) host.out(`BROKEN: there is no event with the hash ${hash}`);
  if (broken + missing.length > 0) {
    host.err('the audit trail was changed');
    return exitCodes.failed;
  }
  host.out(`ok: ${counted(chains.length, 'chain')}`);
  return exitCodes.ok;
}
