// Telephone numbers as people write them, to E.164 (`+886912345678`). The table holds how a number is dialled inside of a
// country; a number with + of any other country is taken as it stands.

interface Country {
  /** Calling code. */
  readonly code: string;
  /** Dialled before a number inside of the country, and never abroad. */
  readonly trunk: string;
  /** Dialled before the calling code to leave the country. */
  readonly exit: string;
  /** What follows the calling code. */
  readonly national: RegExp;
}

const table = {
  AU: { code: '61', trunk: '0', exit: '0011', national: /^[2-478]\d{8}$/ },
  CA: { code: '1', trunk: '1', exit: '011', national: /^[2-9]\d{2}[2-9]\d{6}$/ },
  CN: { code: '86', trunk: '0', exit: '00', national: /^(1[3-9]\d{9}|[2-9]\d{8,10}|10\d{8})$/ },
  DE: { code: '49', trunk: '0', exit: '00', national: /^[1-9]\d{5,12}$/ },
  FR: { code: '33', trunk: '0', exit: '00', national: /^[1-9]\d{8}$/ },
  GB: { code: '44', trunk: '0', exit: '00', national: /^[1-9]\d{8,9}$/ },
  HK: { code: '852', trunk: '', exit: '001', national: /^[2-9]\d{7}$/ },
  IN: { code: '91', trunk: '0', exit: '00', national: /^[1-9]\d{9}$/ },
  JP: { code: '81', trunk: '0', exit: '010', national: /^([789]0\d{8}|[1-9]\d{8})$/ },
  KR: { code: '82', trunk: '0', exit: '00', national: /^[1-9]\d{7,9}$/ },
  MO: { code: '853', trunk: '', exit: '00', national: /^[268]\d{7}$/ },
  MY: { code: '60', trunk: '0', exit: '00', national: /^[1-9]\d{7,9}$/ },
  PH: { code: '63', trunk: '0', exit: '00', national: /^[2-9]\d{7,9}$/ },
  SG: { code: '65', trunk: '', exit: '000', national: /^[3689]\d{7}$/ },
  TH: { code: '66', trunk: '0', exit: '001', national: /^[2-9]\d{7,8}$/ },
  TW: { code: '886', trunk: '0', exit: '002', national: /^(9\d{8}|[2-8]\d{7,8})$/ },
  US: { code: '1', trunk: '1', exit: '011', national: /^[2-9]\d{2}[2-9]\d{6}$/ },
  VN: { code: '84', trunk: '0', exit: '00', national: /^[2-9]\d{8,9}$/ },
} as const satisfies Record<string, Country>;

export type CountryCode = keyof typeof table;
export const countries = Object.keys(table) as [CountryCode, ...CountryCode[]];

/** E.164: at most 15 digits; nobody has fewer than seven. */
const international = /^[1-9]\d{6,14}$/;

/**
 * A number in E.164, or null when it cannot be read.
 * @param country Where it is dialled when it has no `+` in front.
 */
export function e164(written: string, country?: CountryCode): string | null {
  if (written.length > 40) return null;
  const text = written.normalize('NFKC').trim();
  if (!/^\+?[\d\s().\-/]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  if (text.startsWith('+')) return abroad(digits);
  if (country === undefined) return null;
  const { code, trunk, exit, national } = table[country];
  if (national.test(digits)) return `+${code}${digits}`;
  if (trunk !== '' && digits.startsWith(trunk) && national.test(digits.slice(trunk.length)))
    return `+${code}${digits.slice(trunk.length)}`;
  return digits.startsWith(exit) ? abroad(digits.slice(exit.length)) : null;
}

/** Digits that begin with a calling code. A trunk prefix that was left in, as in +886 (0)912…, is taken out. */
function abroad(digits: string): string | null {
  if (!international.test(digits)) return null;
  const known = Object.values<Country>(table).find(({ code }) => digits.startsWith(code));
  if (known === undefined) return `+${digits}`;
  const { code, trunk, national } = known;
  // All of North America has the calling code 1.
  const rest = digits.slice(code.length);
  if (national.test(rest)) return `+${digits}`;
  if (trunk === '' || !rest.startsWith(trunk)) return null;
  const without = rest.slice(trunk.length);
  return national.test(without) ? `+${code}${without}` : null;
}
