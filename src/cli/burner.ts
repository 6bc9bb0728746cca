// The demo's child process: idle, then one core at full for some seconds, then idle again until its parent goes.
const [, , idleText = '8000', burnText = '9000'] = process.argv;

function burn(untilMs: number): void {
  // Short stretches, so that the end of the parent is noticed.
  const stretch = Date.now() + 50;
  while (Date.now() < stretch);
  if (Date.now() < untilMs) setImmediate(burn, untilMs);
}

setTimeout(() => burn(Date.now() + Number(burnText)), Number(idleText));
process.on('disconnect', () => process.exit(0));
