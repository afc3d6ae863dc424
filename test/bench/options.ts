/** Parts of the benchmark, in the order in which they run. */
export const topics = ['latency', 'cpu', 'first-token', 'memory', 'cold-start', 'tokens'] as const;
export type Topic = (typeof topics)[number];

/** How much is measured. More smooths out what else the machine does. */
export interface Effort {
  warmUpRequests: number;
  /** Rounds of one request to each subject. */
  latencyRounds: number;
  /** Blocks of `cpuBlockRequests` requests to each subject in turn. */
  cpuBlocks: number;
  cpuBlockRequests: number;
  singleStreams: number;
  /** Bursts of a hundred streams that begin at once. */
  bursts: number;
  /** Rounds in which a hundred clients stream one answer after another. */
  crowds: number;
  memoryRequests: number;
  coldStarts: number;
}

export interface Options {
  topics: ReadonlySet<Topic>;
  /** Also measures other gateways, which are installed when they are missing. */
  peers: boolean;
  effort: Effort;
}

const whole: Effort = {
  warmUpRequests: 2_000,
  latencyRounds: 1_500,
  cpuBlocks: 24,
  cpuBlockRequests: 100,
  singleStreams: 40,
  bursts: 8,
  crowds: 3,
  memoryRequests: 10_000,
  coldStarts: 15,
};

const quick: Effort = {
  warmUpRequests: 600,
  latencyRounds: 400,
  cpuBlocks: 8,
  cpuBlockRequests: 50,
  singleStreams: 15,
  bursts: 3,
  crowds: 1,
  memoryRequests: 3_000,
  coldStarts: 5,
};

/**
 * Reads `--quick`, `--peers` and `--only latency,cpu`.
 * @throws Error naming an argument that is none of these
 */
export function readOptions(args: readonly string[]): Options {
  const options: Options = { topics: new Set(topics), peers: false, effort: whole };
  for (let index = 0; index < args.length; index++) {
    const [name, ...value] = (args[index] as string).split('=');
    if (name === '--quick') options.effort = quick;
    else if (name === '--peers') options.peers = true;
    else if (name === '--only') options.topics = readTopics(value.length > 0 ? value.join('=') : args[++index]);
    else throw new Error(`"${args[index]}" is not an option; use --quick, --peers or --only ${topics.join(',')}`);
  }
  return options;
}

function readTopics(list: string | undefined): Set<Topic> {
  const names = (list ?? '').split(',');
  const unknown = names.find(name => !isTopic(name));
  if (unknown !== undefined) throw new Error(`--only "${unknown}" is no topic; use one or more of ${topics.join(',')}`);
  return new Set(names.filter(isTopic));
}

function isTopic(name: string): name is Topic {
  return (topics as readonly string[]).includes(name);
}
