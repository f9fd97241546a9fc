// gox itself, as one of the tools: the self-contained program ("gox"), and the same on Node ("gox on Node").
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hostTarget } from "../scripts/build-shims.mjs";
import { plainEnv, systemPath } from "./peers.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "dist/gox.js");
const standalone = join(root, "dist/standalone", hostTarget(), "gox");

const shared = {
	command: "gox",
	env: (r, url, bin) => ({
		...plainEnv(r),
		PATH: `${bin}:${systemPath}`,
		GOX_HOME: `${r}/.gox`,
		GOX_INDEX: `${url}/dl/?mode=json&include=all`,
		GOX_MIRRORS: `${url}/dl`,
		GOX_UNOFFICIAL: "1",
	}),
	prepare: () => {},
	goroot: (r, v) => `${r}/.gox/versions/go${v}`,
	shims: (r) => `${r}/.gox/shims`,
	variable: (v) => ({ GOX_VERSION: v }),
	pin: (d, v) => {
		mkdirSync(d, { recursive: true });
		writeFileSync(`${d}/.go-version`, `${v}\n`);
	},
};

/** @param {string[]} words how the program is started */
function goxTool(name, words, release) {
	const argv = (...more) => [...words, ...more];
	return {
		...shared,
		name,
		own: true,
		release,
		env: (r, url) => {
			const bin = `${r}/.bin`;
			mkdirSync(bin, { recursive: true });
			mkdirSync(`${r}/tmp`, { recursive: true });
			if (words.length === 1 && !existsSync(`${bin}/gox`)) symlinkSync(words[0], `${bin}/gox`);
			return shared.env(r, url, bin);
		},
		install: (v) => argv("install", v),
		installAll: (versions) => argv("install", ...versions),
		select: (v) => argv("default", v),
		version: argv("--version"),
		list: argv("list"),
		remote: argv("list", "--remote"),
		doctor: argv("doctor"),
		verify: (path) => argv("verify", path),
		/** What `gox setup` has a start-up file source. */
		startup: (shell, r, env) => {
			const hook = `${r}/.hook.${shell}`;
			const [program, ...rest] = argv("init", shell);
			writeFileSync(hook, execFileSync(program, rest, { env }));
			return `. "${hook}"`;
		},
	};
}

/** @returns {{ tools: object[], absent: { name: string, why: string }[] }} */
export function findGox() {
	if (!existsSync(entry)) throw new Error("there is no dist/gox.js: npm run build");
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const commit = revision();
	const tools = [];
	const absent = [];
	if (existsSync(standalone)) tools.push(goxTool("gox", [standalone], `${version} (${commit})`));
	else absent.push({ name: "gox", why: "not built: npm run build:standalone -- --platform host" });
	tools.push(goxTool("gox on Node", [process.execPath, entry], `${version} (${commit})`));
	return { tools, absent };
}

function revision() {
	try {
		return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
	} catch {
		return "of no repository";
	}
}

/** gox's own tool that the shims and the hook come from: the self-contained one where it is built. */
export function mainGox(tools) {
	return tools.find(({ own }) => own);
}
