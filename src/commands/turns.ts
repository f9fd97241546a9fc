/** Runs `work` on every item, so many at a time, in order of their beginning. */
export async function inTurns<T>(jobs: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const queue = items.values();
	const worker = async () => {
		for (const item of queue) await work(item);
	};
	await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}
