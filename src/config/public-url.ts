// The address of this program as others see it, as people write it.

/** `https://alerts.example.com/tocsin` without a slash at its end; null when it is none, or has more than a path. */
export function parsePublicUrl(value: string | number): string | null {
  const text = String(value).trim();
  if (text.length > 2_000 || !/^https?:\/\/[^?#@\\\s]+$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).href.replace(/\/+$/, '');
}
