/** Lets so many act at once; the others wait in the order they came. */
export class Gate {
  private readonly waiting: (() => void)[] = [];
  private readonly atOnceMax: number;
  private free: number;

  constructor(atOnceMax: number) {
    this.atOnceMax = atOnceMax;
    this.free = atOnceMax;
  }

  get isIdle(): boolean {
    return this.free === this.atOnceMax;
  }

  async pass<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await new Promise<void>(resume => this.waiting.push(resume));
    try {
      return await act();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
