/** What the time of an installation goes to, in the order in which it is told. */
export const parts = [
	"start",
	"index",
	"lock",
	"download",
	"gunzip",
	"parse",
	"write",
	"hash",
	"fsync",
	"proof",
	"others",
	"commit",
] as const;

export type Part = (typeof parts)[number];

/** Books time to parts of the work; see `untimed` for the one that costs nothing. */
export interface Stopwatch {
	/** Runs work that keeps this thread busy to its end; what is booked within it isn't booked twice. */
	busy<T>(part: Part, work: () => T): T;
	/** Runs work that waits: booked is the time in which this thread had nothing to do. */
	waiting<T>(part: Part, work: () => Promise<T>): Promise<T>;
	/** As `waiting`, for every piece of an iteration. */
	arriving<T>(part: Part, pieces: AsyncIterable<T>): AsyncIterable<T>;
}

/** Books nothing. */
export const untimed: Stopwatch = {
	busy: (_, work) => work(),
	waiting: (_, work) => work(),
	arriving: (_, pieces) => pieces,
};

/** The milliseconds that this thread was busy, by whomever they are booked; several installations at once share one. */
export class Thread {
	busy = 0;
}

/**
 * The times of one installation. They add up: a wait's time is what no work of this thread took meanwhile, and the
 * work for other installations is booked as `others`.
 */
export class Timings implements Stopwatch {
	readonly #thread: Thread;
	readonly #spent = new Map<Part, number>();
	#busy = 0;

	constructor(thread: Thread) {
		this.#thread = thread;
	}

	/** Milliseconds of each part that took any, in order. */
	get spent(): readonly (readonly [Part, number])[] {
		return parts.flatMap((part) => {
			const milliseconds = this.#spent.get(part);
			return milliseconds === undefined ? [] : [[part, milliseconds] as const];
		});
	}

	get total(): number {
		return this.spent.reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
	}

	/** Books time that was measured elsewhere. */
	add(part: Part, milliseconds: number): void {
		this.#spent.set(part, (this.#spent.get(part) ?? 0) + milliseconds);
	}

	/** As `add`, for time in which this thread was busy. */
	addBusy(part: Part, milliseconds: number): void {
		this.#thread.busy += milliseconds;
		this.#busy += milliseconds;
		this.add(part, milliseconds);
	}

	busy<T>(part: Part, work: () => T): T {
		const began = performance.now();
		const within = this.#thread.busy;
		try {
			return work();
		} finally {
			this.addBusy(part, performance.now() - began - (this.#thread.busy - within));
		}
	}

	async waiting<T>(part: Part, work: () => Promise<T>): Promise<T> {
		const began = performance.now();
		const before = { thread: this.#thread.busy, own: this.#busy };
		try {
			return await work();
		} finally {
			const all = this.#thread.busy - before.thread;
			const others = all - (this.#busy - before.own);
			this.add(part, Math.max(0, performance.now() - began - all));
			if (others > 0) this.add("others", others);
		}
	}

	arriving<T>(part: Part, pieces: AsyncIterable<T>): AsyncIterable<T> {
		return {
			[Symbol.asyncIterator]: () => {
				const iterator = pieces[Symbol.asyncIterator]();
				return {
					next: () => this.waiting(part, () => iterator.next()),
					return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
				};
			},
		};
	}
}
