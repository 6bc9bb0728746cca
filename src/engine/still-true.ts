// A message that is not true any more is not sent again: neither by a person nor by another channel.
import type { RequeueInput } from '../policy/dead-letters.ts';
import type { Store } from '../store/store.ts';
import type { Tenant } from './tenant.ts';

/** Whether what a message says of an alert is still so. */
export function stillTrueOf(
  { name, pipeline }: Tenant,
  store: Pick<Store, 'alert'>,
): RequeueInput['stillTrue'] {
  return (alertId, status) => {
    if (status === 'event') return true;
    const alert = pipeline.alerts.get(alertId) ?? store.alert(name, alertId);
    if (status !== 'resolved') return alert?.state === 'firing';
    // Its end is old news once the same thing fires anew.
    return alert === null || pipeline.openByKey.get(alert.key)?.state !== 'firing';
  };
}
