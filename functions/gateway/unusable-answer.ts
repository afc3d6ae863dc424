/** The provider said 200 and then sent nothing that could be relayed; the next candidate may do better. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}
