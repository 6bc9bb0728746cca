// Who goes along in a call: where one call carries several messages, and, merged into one message, where more wait than
// there are calls.
import { personIn } from '../policy/recipient-ways.ts';
import type { ChannelQueue } from './channel-queue.ts';
import type { Job } from './job.ts';
import type { OpenChannel } from './open-channels.ts';

/** Messages that are merged into one, at most. */
const mostMerged = 50;

/** A channel with what waits for it. */
export interface Company {
  readonly channel: OpenChannel;
  readonly queue: ChannelQueue<Job>;
  /** Deliveries of a call that was refused as a whole. */
  readonly alone: Set<string>;
}

export interface CompanyPorts {
  /** Whether it is still to be sent. */
  readonly isWanted: (job: Job) => boolean;
  /** The lease is given back unused. */
  readonly released: (job: Job) => void;
  /** Leases what waits for `job` in its order and may go along in its call, `most` of it. */
  readonly behind: (job: Job, most: number) => readonly Job[];
}

/**
 * The job and what waits of the same tenant and lane and goes along, taken from the queue. @param room Calls that are left
 * to begin now. @param now Epoch milliseconds.
 */
export function withCompany(
  waiting: Company,
  job: Job,
  room: number,
  now: number,
  ports: CompanyPorts,
): Job[] {
  const jobs = [job];
  const { channel, queue, alone } = waiting;
  const { instance, definition } = channel;
  const bundled = instance.bundle?.most ?? 1;
  const mergeable = bundled === 1 && definition.merges !== false;
  const merges = mergeable && queue.waiting >= room;
  // The last call: what waits behind its message for a turn in their group would wait for calls to come, one after another.
  const takesBehind = mergeable && queue.waiting + 1 >= room && !job.shorter;
  const person = personIn(job.recipient);
  if (alone.has(job.deliveryId) || (merges && job.shorter)) return jobs;
  // A call that carries several messages is for the channel's own recipients.
  if (person !== null && !mergeable) return jobs;
  const may = (next: Job) =>
    !alone.has(next.deliveryId) &&
    personIn(next.recipient) === person &&
    (!merges || (!next.shorter && next.message.locale === job.message.locale));
  while (jobs.length < (merges ? mostMerged : bundled)) {
    const next = queue.takeLike(job, may);
    if (!next) break;
    if (now + definition.limits.deadlineMs > next.leaseUntil || !ports.isWanted(next)) {
      queue.ended(next);
      ports.released(next);
    } else jobs.push(next);
  }
  if (takesBehind)
    for (const one of [...jobs])
      jobs.push(...goingBehind(waiting, one, mostMerged - jobs.length, now, ports));
  return jobs;
}

/** In their order, up to the first that has to stay. */
function goingBehind(
  { queue, alone, channel }: Company,
  job: Job,
  most: number,
  now: number,
  ports: CompanyPorts,
): Job[] {
  if (most <= 0) return [];
  const { deadlineMs } = channel.definition.limits;
  const going: Job[] = [];
  let stays = false;
  for (const next of ports.behind(job, most)) {
    stays ||=
      next.shorter ||
      next.message.locale !== job.message.locale ||
      alone.has(next.deliveryId) ||
      now + deadlineMs > next.leaseUntil ||
      !ports.isWanted(next);
    if (stays) ports.released(next);
    else {
      queue.hold(next);
      going.push(next);
    }
  }
  return going;
}
