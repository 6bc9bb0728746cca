// What people answer to a message when they mean that they have seen it.

/** The 1 is what a call asks for; words are what people send back to a text message. */
const confirming: ReadonlySet<string> = new Set([
  ...['1', 'y', 'yes', 'ok', 'okay', 'ack', 'acknowledge', 'acknowledged', 'confirm', 'confirmed'],
  ...['確認', '已確認', '確定', '收到', '已收到', '知道了', '是', '好'],
  ...['确认', '已确认', '确定'],
]);

/** Whether the answer confirms: a key or one word, whatever its case, width and punctuation. Pure. */
export function isConfirming(answer: string): boolean {
  const word = answer
    .slice(0, 100)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^[\s\p{P}]+|[\s\p{P}]+$/gu, '');
  return confirming.has(word);
}
