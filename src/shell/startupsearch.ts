import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, namesIn } from "../fs.ts";
import { type Leftover, type LeftoverSurroundings, leftoversIn } from "./leftovers.ts";
import type { Shell, StartupFile, UserHome } from "./shell.ts";

export type SearchedFile = Pick<StartupFile, "path" | "dialect">;

/** The leftovers in one start-up file. */
export interface FoundLeftovers {
	readonly file: SearchedFile;
	readonly leftovers: readonly Leftover[];
}

/**
 * The leftovers of other version managers in every file that a new shell may read; files that can't be read are left out.
 * Texts hold one character for each byte.
 */
export function findLeftovers(context: Context, shell: Shell): readonly FoundLeftovers[] {
	const surroundings = leftoverSurroundings(context);
	const home: UserHome = { userHome: context.userHome, env: context.env, exists: existsSync };
	return searchedFiles(shell, home).flatMap((file) => {
		const text = textOf(file.path);
		const leftovers = text === undefined ? [] : leftoversIn(text, file.dialect, surroundings);
		return leftovers.length > 0 ? [{ file, leftovers }] : [];
	});
}

/** Every file that a new shell may read, in the order in which it does. */
export function searchedFiles(shell: Shell, { userHome, env }: UserHome): readonly SearchedFile[] {
	const in_ = (directory: string, dialect: StartupFile["dialect"], ...names: readonly string[]) =>
		names.map((name) => ({ path: join(directory, name), dialect }));
	if (shell.name === "zsh") {
		const directory = env.ZDOTDIR || userHome;
		const files = in_(directory, "zsh", ".zshenv", ".zprofile", ".zshrc", ".zlogin");
		return directory === userHome ? files : [...in_(userHome, "zsh", ".zshenv"), ...files];
	}
	if (shell.name === "bash") {
		return [
			...in_(userHome, "bash", ".bash_profile", ".bash_login"),
			...in_(userHome, "sh", ".profile"),
			// Debian's .bashrc reads the last.
			...in_(userHome, "bash", ".bashrc", ".bash_aliases"),
		];
	}
	const config = join(env.XDG_CONFIG_HOME || join(userHome, ".config"), "fish");
	const snippets = namesIn(join(config, "conf.d")).filter((name) => name.endsWith(".fish"));
	return [...in_(join(config, "conf.d"), "fish", ...snippets), ...in_(config, "fish", "config.fish")];
}

/** Whose home it is, and whether Go is all that asdf and mise manage in it. */
export function leftoverSurroundings({ userHome, env }: Pick<Context, "userHome" | "env">): LeftoverSurroundings {
	const onlyGo = (directory: string, go: RegExp) => {
		const names = namesIn(directory).filter((name) => !name.startsWith("."));
		return names.length > 0 && names.every((name) => go.test(name));
	};
	const shared = env.XDG_DATA_HOME || join(userHome, ".local/share");
	return {
		userHome: Buffer.from(userHome, "utf8").toString("latin1"),
		onlyGo: {
			asdf: onlyGo(join(env.ASDF_DATA_DIR || join(userHome, ".asdf"), "plugins"), /^(?:golang|go)$/),
			mise: onlyGo(join(env.MISE_DATA_DIR || join(shared, "mise"), "installs"), /^(?:go|golang|core-go)$/),
		},
	};
}

function textOf(path: string): string | undefined {
	try {
		return ifPresent(() => (statSync(path).isFile() ? readFileSync(path, "latin1") : undefined));
	} catch {
		return undefined;
	}
}
