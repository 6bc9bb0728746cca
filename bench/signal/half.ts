// A fixed split of the files into two halves, by a hash of their names: a threshold that is chosen on one half and applied
// to the other shows how much of a score was made by choosing.

/** 0 or 1, from the FNV-1a hash of the name (32 bits). */
export function halfOf(name: string): 0 | 1 {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return (hash & 1) as 0 | 1;
}
