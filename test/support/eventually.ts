/** Asks until there is something, for at most two seconds: the bound within which bookkeeping must be readable. */
export async function eventually<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 200; tries++) {
    const value = await look();
    if (value !== undefined) return value;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error(`there is no ${what} after two seconds`);
}
