import { GoxError, quote } from "../errors.ts";

/** The failures of docs/selection.md; the native shim words them the same way. */
export const versionFileHint = "write one with: gox pin 1.22.5";
export const modFileHint = "correct it, or choose a Go with: gox use 1.22.5";

const pinHint = "a version is like 1.22.5, 1.22 or latest; in this shell: gox use 1.22.5";

/** `key` is `go1.22.5`, perhaps with a platform. */
export function keyNotInstalled(key: string, who: string, request: string): GoxError {
	return new GoxError("not-installed", `${key} is not installed (asked for by ${who})`, { hint: installHint(request) });
}

/** `what` is `Go 1.22`, or `Go` for the newest of all. */
export function noneInstalled(what: string, who: string, request: string): GoxError {
	return new GoxError("not-installed", `no ${what} is installed (asked for by ${who})`, { hint: installHint(request) });
}

export function floorNotInstalled(path: string, line: string, request: string): GoxError {
	return new GoxError("not-installed", `${path} asks for ${line}; no installed Go satisfies it`, { hint: installHint(request) });
}

/** Without `who` nothing was asked for at all. */
export function noSystemGo(who?: string): GoxError {
	const message =
		who === undefined
			? "no Go is installed, and there is no other go on PATH"
			: `no go on PATH besides gox's own (asked for by ${who})`;
	return new GoxError("no-go", message, { hint: "gox install latest" });
}

export function badVariable(name: string, value: string, missingAlias: boolean): GoxError {
	return new GoxError("not-a-version", `${name}: ${notAVersion(value, missingAlias)}`, { hint: pinHint });
}

export function badSwitch(name: string, value: string): GoxError {
	return new GoxError("not-a-version", `${name}: ${notAVersion(value, false)}`, { hint: `unset ${name}` });
}

export function badWord(path: string, line: number, word: string, missingAlias = false): GoxError {
	return new GoxError("bad-version-file", `${path}:${line}: ${notAVersion(word, missingAlias)}`, { hint: versionFileHint });
}

/** Text of a file or variable that is no pin. */
function notAVersion(text: string, missingAlias: boolean): string {
	return `${quote(text)} is not a Go version${missingAlias ? ", and no alias has that name" : ""}`;
}

/** A platform is an option of `gox install`, not a part of the word. */
function installHint(request: string): string {
	return `gox install ${request.replace("@", " --platform ")}`;
}
