import { z } from 'zod';
import type { AlertRow } from '../../pipeline/rows.ts';
export declare const alertBody: z.ZodObject<
  {
    id: z.ZodUUID;
    kind: z.ZodEnum<{
      alert: 'alert';
      event: 'event';
    }>;
    state: z.ZodEnum<{
      resolved: 'resolved';
      firing: 'firing';
      pending: 'pending';
    }>;
    source: z.ZodString;
    rule: z.ZodNullable<z.ZodString>;
    labels: z.ZodRecord<z.ZodString, z.ZodString>;
    annotations: z.ZodRecord<z.ZodString, z.ZodString>;
    fingerprint: z.ZodString;
    severity: z.ZodEnum<{
      info: 'info';
      warning: 'warning';
      high: 'high';
      critical: 'critical';
      emergency: 'emergency';
    }>;
    effective_severity: z.ZodEnum<{
      info: 'info';
      warning: 'warning';
      high: 'high';
      critical: 'critical';
      emergency: 'emergency';
    }>;
    priority: z.ZodEnum<{
      P1: 'P1';
      P2: 'P2';
      P3: 'P3';
      P4: 'P4';
      P5: 'P5';
    }>;
    category: z.ZodEnum<{
      system: 'system';
      performance: 'performance';
      security: 'security';
      business: 'business';
      quality: 'quality';
      cost: 'cost';
    }>;
    value: z.ZodNullable<z.ZodNumber>;
    dedup_key: z.ZodNullable<z.ZodString>;
    pending_since: z.ZodNullable<z.ZodISODateTime>;
    fired_at: z.ZodNullable<z.ZodISODateTime>;
    keep_until: z.ZodNullable<z.ZodISODateTime>;
    last_sample_at: z.ZodNullable<z.ZodISODateTime>;
    ends_at: z.ZodNullable<z.ZodISODateTime>;
    resolved_at: z.ZodNullable<z.ZodISODateTime>;
    resolve_reason: z.ZodNullable<z.ZodString>;
    acknowledged: z.ZodNullable<
      z.ZodObject<
        {
          by: z.ZodString;
          at: z.ZodISODateTime;
          until: z.ZodNullable<z.ZodISODateTime>;
        },
        z.core.$strip
      >
    >;
    version: z.ZodNumber;
  },
  z.core.$strip
>;
export type AlertBody = z.output<typeof alertBody>;
export declare function toAlertBody(row: AlertRow): AlertBody;
