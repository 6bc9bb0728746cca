// Jobs in several processes. Their answers are told in the order of the jobs, so that a run says the same however many
// processes it has.
import { type ChildProcess, fork } from 'node:child_process';
import type { Done, Job } from './jobs.ts';

/** The argument that makes the command a worker. */
export const workerFlag = '--worker';

export type Work = (jobs: Iterable<Job>, told: (done: Done) => void) => Promise<void>;

/** Does the jobs in this process, one after the other. */
export function inThisProcess(doJob: (job: Job) => Promise<Done>): Work {
  return async (jobs, told) => {
    for (const job of jobs) told(await doJob(job));
  };
}

/** Does the jobs in `count` processes of `command`, a file that takes `workerFlag`. Rejects when one of them dies. */
export function inProcesses(command: string, count: number): Work {
  return async (jobs, told) => {
    const waiting = jobs[Symbol.iterator]();
    const done = new Map<number, Done>();
    let given = 0;
    let next = 0;
    const one = (child: ChildProcess) =>
      new Promise<void>((resolve, reject) => {
        const give = () => {
          const job = waiting.next();
          if (job.done) {
            child.disconnect();
            resolve();
            return;
          }
          const no = given++;
          child.once('message', (answer) => {
            done.set(no, answer as Done);
            for (let ready = done.get(next); ready; ready = done.get(next)) {
              done.delete(next++);
              told(ready);
            }
            give();
          });
          child.send(job.value);
        };
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`a worker ended with ${code} in the middle of a job`)));
        give();
      });
    const children = Array.from({ length: count }, () => fork(command, [workerFlag]));
    try {
      await Promise.all(children.map(one));
    } finally {
      for (const child of children) if (child.connected) child.kill();
    }
  };
}

/** The other side: does what it is sent until nobody sends any more. */
export function serveJobs(doJob: (job: Job) => Promise<Done>): void {
  process.on('message', (job) => {
    doJob(job as Job).then(
      (done) => process.send?.(done),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
