/** How a version manager is called; only what is looked at from outside is told here. */
export interface Adapter {
	readonly name: string;
	readonly command: string;
	readonly programs: readonly string[];
	readonly version: readonly string[];
	readonly says: RegExp;
	install(version: string): string[];
	goroot(root: string, version: string): string;
}

export interface Tool extends Adapter {
	readonly program: string;
	readonly release: string;
	env(root: string, url: string): Record<string, string>;
	/** What its home needs before anything is installed; throws where its own scripts aren't as they are known. */
	prepare(root: string, url: string): void;
}

export const adapters: readonly Adapter[];
export const systemPath: string;
export function versionIn(adapter: Adapter, text: string): string | undefined;
export function findPeers(
	place: { fresh(name: string): string },
	env: Readonly<Record<string, string | undefined>>,
): { tools: Tool[]; absent: { name: string; why: string }[] };
