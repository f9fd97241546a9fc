/** What the runtime of the self-contained gox offers, and Node doesn't. */
interface Runtime {
	readonly Bun?: { gc(now: boolean): void };
}

/**
 * Has what nobody needs any more collected now. The runtime of the self-contained gox lets buffers pile up, since the
 * objects that hold them are small; Node counts their bytes, and is left alone.
 */
export function collectGarbage(): void {
	(globalThis as Runtime).Bun?.gc(true);
}
