// API keys as the API shows them: never the secret, never its digest.
import { z } from 'zod';
import type { ApiKeyRow } from '../../store/rows.ts';
import { shortId } from '../key-format.ts';
import { rights, roles } from '../rights.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const keyBody = z
  .object({
    id: z.uuid(),
    prefix: z.string().meta({ description: 'The first characters of the key itself.' }),
    name: z.string(),
    tenant: z.string().meta({ description: '`*` for all tenants.' }),
    role: z
      .enum([...roles, 'calendar'])
      .meta({ description: '`calendar`: of a link to the calendar of a schedule.' }),
    scopes: z.array(z.enum(rights)),
    created_at: timeOut,
    expires_at: timeOut.nullable(),
    revoked_at: timeOut.nullable(),
    last_used_at: timeOut.nullable(),
  })
  .meta({ id: 'Key' });

export function toKeyBody(row: ApiKeyRow): z.output<typeof keyBody> {
  return {
    id: row.id,
    prefix: `tcs_${shortId(row.id)}`,
    name: row.name,
    tenant: row.tenant,
    role: row.role,
    scopes: rights.filter((right) => row.scopes.includes(right)),
    created_at: timeText(row.createdAt),
    expires_at: timeTextOrNull(row.expiresAt),
    revoked_at: timeTextOrNull(row.revokedAt),
    last_used_at: timeTextOrNull(row.lastUsedAt),
  };
}
