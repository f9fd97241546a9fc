import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ToolchainHash, toolchainName, toolchainVersion } from "../../src/verify/dirhash.ts";
import type { Platform } from "../../src/version/platform.ts";
import { parseRelease } from "../../src/version/release.ts";
import { type GoArchiveOptions, goEntries, sha256, tarGz } from "./archives.ts";
import { freshRoot } from "./context.ts";
import { type Mirror, startMirror } from "./mirror.ts";
import { LogSigner, TestLog } from "./sumdb/log.ts";
import { sumdbFiles, writeProxy } from "./sumdb/toolchainproxy.ts";
import { zipOf } from "./sumdb/zip.ts";

/** A small release as it is published: as an archive, as a module, and on record in a checksum database. */
export interface PublishedToolchain {
	readonly version: string;
	readonly platform: Platform;
	readonly archive: Buffer;
	readonly zip: Buffer;
	readonly sha256: string;
	readonly h1: string;
}

/** Download site, module proxy and checksum database of the same small releases, all on this machine. */
export interface ProvenSite {
	readonly mirror: Mirror;
	readonly signer: LogSigner;
	/** The module proxy's directory, for `file://`. */
	readonly proxy: string;
	/** Everything: index, mirror, proxy and database. */
	readonly env: Readonly<Record<string, string>>;
	readonly toolchains: readonly PublishedToolchain[];
	toolchain(version: string, platform: Platform): PublishedToolchain;
	close(): Promise<void>;
}

/** Packs one release in both forms; the hashes follow. */
export function publish(options: GoArchiveOptions): PublishedToolchain {
	const { version, platform } = options;
	const release = parseRelease(version);
	if (!release) throw new Error(`${version} is no release`);
	const entries = goEntries(options);
	const hash = new ToolchainHash(release, platform);
	const zipped: [string, Buffer][] = [];
	for (const { path, content = "", type = "File" } of entries) {
		if (type !== "File") continue;
		const body = Buffer.from(content as Uint8Array);
		const name = path.replace(/^go\//, "");
		hash.add(name, sha256(body));
		const inModule = toolchainName(name, release, platform);
		if (inModule) zipped.push([inModule, body]);
	}
	const archive = tarGz(entries);
	return { version, platform, archive, zip: zipOf(zipped), sha256: sha256(archive), h1: hash.h1() };
}

/** @param later releases that the log has on record 2,000 records later than the others */
export async function startProvenSite(
	releases: readonly GoArchiveOptions[],
	signer = new LogSigner("log.example.org"),
	later: readonly GoArchiveOptions[] = [],
): Promise<ProvenSite> {
	const mirror = await startMirror();
	const toolchains = [...releases, ...later].map(publish);
	const log = new TestLog(signer).fill(300);
	const files = new Map<string, Buffer | string>();
	const at = "golang.org/toolchain/@v";
	const listed: string[] = [];
	for (const [index, { version, platform, archive, zip, h1 }] of toolchains.entries()) {
		if (index === releases.length) log.fill(2000);
		mirror.add({ version, platform, bytes: archive });
		const module = toolchainVersion(parseRelease(version) as NonNullable<ReturnType<typeof parseRelease>>, platform);
		log.add("golang.org/toolchain", module, h1).fill(7);
		listed.push(module);
		files.set(`${at}/${module}.info`, JSON.stringify({ Version: module, Time: "2024-06-27T20:11:12Z" }));
		files.set(`${at}/${module}.mod`, "module golang.org/toolchain\n");
		files.set(`${at}/${module}.zip`, zip);
	}
	files.set(`${at}/list`, `${listed.join("\n")}\n`);
	const proxy = join(freshRoot("gox-site-"), "proxy");
	mkdirSync(proxy);
	writeProxy(proxy, new Map([...files, ...sumdbFiles(log)]));
	return {
		mirror,
		signer,
		proxy,
		env: { ...mirror.env, GOPROXY: `file://${proxy}`, GOSUMDB: signer.verifierKey },
		toolchains,
		toolchain: (version, platform) => {
			const found = toolchains.find((each) => each.version === version && each.platform === platform);
			if (!found) throw new Error(`${version} for ${platform} is not published`);
			return found;
		},
		close: () => mirror.close(),
	};
}
