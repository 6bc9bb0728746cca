import { expect, it } from 'vitest';
import { isConfirming } from './confirming-answer.ts';

it.each([
  '1',
  ' 1 ',
  '１',
  '1#',
  'ACK',
  'Ack.',
  'ok!',
  'Yes',
  '確認',
  '确认',
  '已確認',
  '已确认',
  '收到',
  '「已收到」',
  '好。',
])('takes %j for a yes', (answer) => expect(isConfirming(answer)).toBe(true));

it.each([
  '',
  '2',
  '11',
  'no',
  'not ok',
  'stop',
  '不確認',
  '未確認',
  '沒收到',
  'ack nothing',
  '1'.repeat(200),
])('takes %j for none', (answer) => expect(isConfirming(answer)).toBe(false));
