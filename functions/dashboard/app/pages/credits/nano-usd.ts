/** Whole nano-USD of the API as a decimal string in USD, exactly. */
export function fromNano(nanoUsd: string): string {
  const sign = nanoUsd.startsWith('-') ? '-' : '';
  const digits = nanoUsd.replace('-', '').padStart(10, '0');
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9).replace(/0{1,7}$/, '')}`;
}
