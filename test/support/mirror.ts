import type { Platform } from "../../src/version/platform.ts";
import { archiveName, type GoArchiveOptions, goArchive } from "./archives.ts";
import { goIndex, type IndexEntry, startServer, type TestServer } from "./server.ts";

/** The platform that the tests run on, in gox's words. */
export const hostPlatform: Platform =
	`${process.platform === "darwin" ? "darwin" : "linux"}-${process.arch === "arm64" ? "arm64" : "amd64"}` as Platform;

/** A download site on loopback with its own index, and the environment that makes gox use them and nothing else. */
export interface Mirror {
	readonly server: TestServer;
	readonly env: Readonly<Record<string, string>>;
	/** Adds an archive to the site and its index. */
	add(options: GoArchiveOptions & { readonly bytes?: Buffer }): Buffer;
	/** The path of an archive on the server, for faults. */
	path(version: string, platform?: Platform): string;
	close(): Promise<void>;
}

export async function startMirror(archives: readonly GoArchiveOptions[] = []): Promise<Mirror> {
	const server = await startServer();
	const entries: IndexEntry[] = [];
	const add: Mirror["add"] = ({ bytes, ...options }) => {
		const content = bytes ?? goArchive(options);
		entries.push({ version: options.version, platform: options.platform, content });
		server.put(`/dl/${archiveName(options.version, options.platform)}`, content);
		server.putIndex(goIndex(entries));
		return content;
	};
	for (const archive of archives) add(archive);
	return {
		server,
		env: { GOX_INDEX: server.index, GOX_MIRRORS: server.mirror },
		add,
		path: (version, platform = hostPlatform) => `/dl/${archiveName(version, platform)}`,
		close: () => server.close(),
	};
}
