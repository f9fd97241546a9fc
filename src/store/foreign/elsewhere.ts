import { basename, join } from "node:path";
import type { Context } from "../../context.ts";
import { goSettings } from "../../releases/proxy/gosettings.ts";
import { parseToolchainVersion } from "../../verify/toolchain.ts";
import { type Finder, namesOf, versionsIn } from "./finder.ts";

/** golang.org/dl: `~/sdk/go1.22.5`, complete once `.unpacked-success` is in it. */
export const sdk: Finder = {
	tool: "sdk",
	goroots: ({ userHome }) => versionsIn(join(userHome, "sdk")),
};

/** What the toolchains that Go downloaded for itself are kept as. */
export const moduleCache: Finder = {
	tool: "module cache",
	goroots(context) {
		const directory = join(moduleCacheOf(context), "golang.org");
		return namesOf(directory)
			.filter((name) => parseToolchainVersion(name.replace(/^toolchain@/, "")) !== undefined)
			.map((name) => join(directory, name));
	},
};

export function moduleCacheOf(context: Context): string {
	return goSettings(context, undefined).moduleCache;
}

const prefixes = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/** Kegs `Cellar/go/1.22.5` and `Cellar/go@1.21/1.21.13`, each with its GOROOT in `libexec`. */
export const homebrew: Finder = {
	tool: "homebrew",
	goroots: ({ env, machineRoot = "/" }) =>
		[...new Set([env.HOMEBREW_PREFIX, ...prefixes.map((prefix) => join(machineRoot, prefix))])].flatMap((prefix) => {
			if (!prefix) return [];
			const cellar = join(prefix, "Cellar");
			const kegs = namesOf(cellar).filter((name) => /^go(?:lang)?(?:@[\d.]+)?$/.test(name));
			return kegs.flatMap((keg) => versionsIn(join(cellar, keg), "libexec"));
		}),
};

/** Where go.dev's installers and Linux distributions put it. */
export const system: Finder = {
	tool: "system",
	goroots({ machineRoot = "/" }) {
		const lib = join(machineRoot, "usr/lib");
		const debian = namesOf(lib).filter((name) => /^go-\d/.test(name));
		return [join(machineRoot, "usr/local/go"), ...debian.map((name) => join(lib, name)), join(lib, "golang"), join(lib, "go")];
	},
};

/** `toolchain@v0.0.1-go1.22.5.linux-amd64` is a module cache's directory, whose files are read-only. */
export function isModuleCacheTree(goroot: string): boolean {
	return parseToolchainVersion(basename(goroot).replace(/^toolchain@/, "")) !== undefined;
}
