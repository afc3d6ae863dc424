import { isIPv6 } from 'node:net';

/** The check digit of payment cards. @see https://www.iso.org/standard/70484.html annex B */
export function passesLuhn(match: string): boolean {
  let sum = 0;
  let isDoubled = false;
  for (let at = match.length - 1; at >= 0; at--) {
    const digit = match.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const weighed = isDoubled ? 2 * digit : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
    isDoubled = !isDoubled;
  }
  return sum > 0 && sum % 10 === 0;
}

/** The check digits of bank accounts, ISO 7064 mod 97-10. */
export function passesMod97(match: string): boolean {
  const account = match.replaceAll(/[ -]/g, '').toUpperCase();
  let remainder = 0;
  for (const character of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/**
 * Areas 000 and 666 are never given out; 900 and above are individual taxpayer numbers, whose groups begin at 50.
 * @see https://www.ssa.gov/employer/randomization.html
 */
export function isSocialSecurityNumber(match: string): boolean {
  const [area, group, serial] = match.split(/[- ]/).map(Number) as [number, number, number];
  const hasOneSeparator = match[3] === match[6];
  return hasOneSeparator && area > 0 && area !== 666 && (area < 900 || group >= 50) && group > 0 && serial > 0;
}

/** E.164 numbers have up to 15 digits. */
export function isPhoneNumber(match: string): boolean {
  const digits = match.replaceAll(/\D/g, '').length;
  return digits >= 8 && digits <= 15;
}

/** `dead::beef` may be an address and `a::b` a name in a program, so that short ones need a digit. */
export function isAddress(match: string): boolean {
  if (!match.includes(':')) return true;
  return (/\d/.test(match) || match.split(':').length > 3) && isIPv6(match);
}

/** Keys have digits in them; words with hyphens have none. Of those whose pattern asks for a digit, short ones are none. */
export function looksRandom(match: string): boolean {
  return /\d/.test(match) && match.length >= (match.startsWith('sk-') ? 23 : 15);
}
