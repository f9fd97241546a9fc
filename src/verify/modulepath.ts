/**
 * A module path or version as it is spelled in addresses and file names: every upper-case letter
 * becomes `!` and its lower-case twin (golang.org/x/mod/module.EscapePath).
 */
export function escapeModule(text: string): string {
	return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
