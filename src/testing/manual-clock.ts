// The clock of tests: the one that rules are replayed by.
export { macrotask, VirtualClock as ManualClock } from '../replay/virtual-clock.ts';
